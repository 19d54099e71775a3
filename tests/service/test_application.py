"""What holds for the application as a whole: health, models, headers, errors of each kind."""

import inspect
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sentiment import errors as kernel
from service import errors as service_errors
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier


def test_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = {"status": "ready", "model": {"name": "default", "version": "3"}}
    assert client.get("/readyz").get_json() == ready


def test_models(client: FlaskClient) -> None:
    defaults = Settings()
    response = client.get("/v1/models")
    assert b"NaN" not in response.data
    assert response.get_json() == {
        "models": [
            {
                "name": "default",
                "version": "3",
                "state": "ready",
                "ready": True,
                "refused": None,
                "task": "classification",
                "labels": ["negative", "neutral", "positive"],
                "pipeline": {"timesteps": 8, "truncating": "post", "overlap": 2},
                "limits": {
                    "body_bytes": 1048576,
                    "documents": 20,
                    "characters": 100000,
                    "sentences": defaults.max_sentences,
                    "explained": defaults.max_explained,
                    "concurrent_requests": defaults.max_concurrent_requests,
                },
                "metrics": {"accuracy": 0.9, "loss": None},
                "created": "2026-01-01T00:00:00Z",
            }
        ]
    }


@pytest.mark.parametrize("path", ["/v1/predic", "/v1/predict/", "/static/x", "/%ff%00"])
def test_not_found(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (404, "not_found")
    assert "POST /v1/predict" in error["message"]
    assert error["request_id"] == response.headers["X-Request-Id"]


def test_method_not_allowed(client: FlaskClient) -> None:
    response = client.get("/v1/predict")
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (405, "method_not_allowed")
    assert error["message"] == "/v1/predict does not take GET. It takes POST."
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/healthz", "/nowhere"])
def test_every_answer_names_request_and_model(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"X-Request-Id": "trace-1/a:b"})
    assert response.headers["X-Request-Id"] == "trace-1/a:b"
    assert response.headers["X-Model-Version"] == "3"


@pytest.mark.parametrize("received", ["", "a b", "x" * 129, 'a"b', "é"])
def test_an_unsafe_request_id_is_replaced(client: FlaskClient, received: str) -> None:
    sent = client.get("/healthz", headers={"X-Request-Id": received}).headers["X-Request-Id"]
    assert sent != received
    assert len(sent) == 32


def test_request_ids_differ(client: FlaskClient) -> None:
    assert len({client.get("/healthz").headers["X-Request-Id"] for _ in range(5)}) == 5


def test_a_defect_is_logged_and_not_shown(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: FakeClassifier, texts: list[str], **options: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(FakeClassifier, "predict", fail)
    with caplog.at_level(logging.ERROR):
        response = app.test_client().post("/v1/predict", json={"text": "a private text"})
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (500, "internal_error")
    assert "secret" not in response.get_data(as_text=True)
    [record] = caplog.records
    assert record.fields["request_id"] == error["request_id"]  # type: ignore[attr-defined]
    assert "a secret of the inside" in caplog.text
    assert "a private text" not in caplog.text


def test_every_error_of_the_kernel_has_a_status() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(kernel, inspect.isclass)
        if kind.__module__ == kernel.__name__
    ]
    assert kernel.EmptyText in kinds
    assert [kind for kind in kinds if kind not in service_errors.STATUS] == []


def test_another_model_is_not_found(client: FlaskClient) -> None:
    response = client.get("/v1/models/other")
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (404, "model_not_found")
    assert error["message"] == 'There is no model "other" here; there is "default".'
    assert client.get("/v1/models/default/versions/3").get_json()["version"] == "3"
    response = client.get("/v1/models/default/versions/9")
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "model_not_found")


def test_a_draining_worker_is_not_ready(app: Flask) -> None:
    app.extensions["draining"].begin()
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").get_json()["status"] == "draining"
    assert client.post("/v1/predict", json={"text": "still answered"}).status_code == 200


def test_every_error_of_the_service_has_a_status() -> None:
    kinds = service_errors.RequestError.__subclasses__()
    assert [kind for kind in kinds if kind not in service_errors.STATUS] == []
    assert len({kind.code for kind in kinds}) == len(kinds)
