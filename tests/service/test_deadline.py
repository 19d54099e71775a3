"""`X-Request-Timeout-Ms`: what would start too late is not started."""

import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from service import arrival, create_app
from service.arrival import Arrival
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier


@pytest.mark.parametrize("received", ["0", "-1", "1.5", "soon", "", "²", "3600001", "9" * 50])
def test_a_bad_deadline_is_refused(client: FlaskClient, received: str) -> None:
    response = client.get("/healthz", headers={"X-Request-Timeout-Ms": received})
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_request")
    assert error["target"] == "X-Request-Timeout-Ms"
    assert "from 1 to 3600000" in error["message"]


def test_there_is_time_enough(client: FlaskClient) -> None:
    for received in ("3600000", "5000"):
        headers = {"X-Request-Timeout-Ms": received}
        assert client.post("/v1/predict", json={"text": "a"}, headers=headers).status_code == 200


def test_the_time_in_the_line_counts(client: FlaskClient, classifier: FakeClassifier) -> None:
    token = arrival.current.set(Arrival(at=time.perf_counter() - 0.2))
    try:
        headers = {"X-Request-Timeout-Ms": "100"}
        response = client.post("/v1/predict", json={"text": "a"}, headers=headers)
    finally:
        arrival.current.reset(token)
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (504, "deadline_exceeded")
    assert error["message"].startswith("100 ms (X-Request-Timeout-Ms) have passed")
    assert classifier.calls == []


class SlowSession:
    """An ONNX Runtime session that takes 20 ms more for each batch, and notes when it began."""

    def __init__(self, session: Any) -> None:
        self.begun: list[float] = []
        self._session = session

    def run(self, *arguments: Any) -> Any:
        self.begun.append(time.perf_counter())
        time.sleep(0.02)
        return self._session.run(*arguments)


def test_no_batch_of_a_large_request_begins_after_it(
    bundle_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = Classifier.load(bundles.current(bundle_root / "default"))
    session = SlowSession(classifier._session)
    monkeypatch.setattr(classifier, "_session", session)
    client = create_app(Settings(max_documents=2000), classifier).test_client()
    body = {"texts": ["a plain word or two of it, " * 3] * 2000}

    begun = time.perf_counter()
    response = client.post("/v1/predict", json=body, headers={"X-Request-Timeout-Ms": "150"})
    assert response.status_code == 504
    assert session.begun == [] or max(session.begun) <= begun + 0.2

    session.begun.clear()
    assert client.post("/v1/predict", json=body).status_code == 200
    assert len(session.begun) > 10  # so a request without a deadline does go on
