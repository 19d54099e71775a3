"""`POST /v1/predict` goes past Flask, and nobody can tell."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.service.fake_classifier import FakeClassifier

ALSO = "/v1/models/default:predict"


@pytest.fixture
def without_flask(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of an application whose part in Flask fails."""

    def fail(*_: object) -> None:
        raise AssertionError("Flask was asked")

    monkeypatch.setattr(app, "full_dispatch_request", fail)
    monkeypatch.setattr(app, "handle_exception", fail)
    return app.test_client()


def test_only_that_route_goes_past_flask(without_flask: FlaskClient) -> None:
    assert without_flask.post("/v1/predict", json={"text": "a"}).status_code == 200
    assert without_flask.post("/v1/predict", json={}).status_code == 400
    for method, path in (("GET", "/v1/predict"), ("POST", "/v1/predict/"), ("POST", ALSO)):
        with pytest.raises(AssertionError, match="Flask was asked"):
            without_flask.open(path, method=method, json={"text": "a"})


@pytest.mark.parametrize("text", ["a", ""])
def test_the_head_is_that_of_other_routes(client: FlaskClient, text: str) -> None:
    direct = client.post("/v1/predict", json={"text": text})
    other = client.post(ALSO, json={"instances": [text]})
    assert direct.status_code == other.status_code
    assert sorted(direct.headers.keys()) == sorted(other.headers.keys())
    changing = {"Server-Timing", "X-Request-Id", "Content-Length"}
    assert {*direct.headers} - {*other.headers} == {
        (name, value) for name, value in direct.headers if name in changing
    }


def test_a_defect_is_answered_as_everywhere(
    client: FlaskClient, classifier: FakeClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(classifier, "predict", predict)
    direct = client.post("/v1/predict", json={"text": "a"}, headers={"X-Request-Id": "mine"})
    assert direct.status_code == 500
    assert direct.get_json()["error"]["code"] == "internal_error"
    assert direct.get_json()["error"]["request_id"] == direct.headers["X-Request-Id"] == "mine"
    assert b"secret" not in direct.data


def test_an_answer_that_is_no_json_is_a_defect(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.predict.write_document", lambda *_: object())
    response = client.post("/v1/predict", json={"text": "a"})
    assert (response.status_code, response.get_json()["error"]["code"]) == (500, "internal_error")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_automatic_methods_are_flask_s(client: FlaskClient, method: str) -> None:
    response = client.open("/v1/predict", method=method)
    assert response.status_code == (405 if method == "HEAD" else 200)
    assert "POST" in response.headers["Allow"]
