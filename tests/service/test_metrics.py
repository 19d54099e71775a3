"""`/metrics`, `Server-Timing` and the trace in the log: what the application tells of itself."""

import logging
import re
import time

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from service import arrival
from service.arrival import Arrival
from service.metrics import Metrics
from tests.service.fake_classifier import FakeClassifier

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Figures = dict[tuple[str, ...], float]


def figures(text: str) -> Figures:
    """Every sample of a page: (name, label=value, ...) -> value."""
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: FlaskClient) -> Figures:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    return figures(response.get_data(as_text=True))


def test_requests_are_counted_by_route_and_status(client: FlaskClient) -> None:
    for _ in range(3):
        client.post("/v1/predict", json={"text": "good"})
    client.post("/v1/predict", json={"text": ""})
    client.get("/v1/models/../../etc/passwd")
    client.get("/made-up/by-a-client")
    found = scrape(client)
    requests = "sentiment_requests_total"
    assert found[requests, "route=/v1/predict", "status=200"] == 3
    assert found[requests, "route=/v1/predict", "status=422"] == 1
    assert found[requests, "route=unmatched", "status=404"] == 2
    assert found["sentiment_request_duration_seconds_count", "route=/v1/predict"] == 4
    assert not any("made-up" in label for sample in found for label in sample)


def test_documents_tokens_and_confidence(client: FlaskClient) -> None:
    texts = ["two words", "", "one", "\ud800", "w " * 12]
    body = {"texts": texts, "options": {"overflow": "truncate"}}
    assert client.post("/v1/predict", json=body).status_code == 200
    found = scrape(client)
    assert found["sentiment_documents_total", "label=positive"] == 3
    assert found["sentiment_document_errors_total", "code=empty_text"] == 1
    assert found["sentiment_document_errors_total", "code=invalid_text"] == 1
    assert found["sentiment_tokens_total",] == 15
    assert found["sentiment_unknown_tokens_total",] == 0
    assert found["sentiment_documents_truncated_total",] == 1
    assert found["sentiment_confidence_count",] == 3
    assert found["sentiment_confidence_bucket", "le=0.6"] == 0
    assert found["sentiment_confidence_bucket", "le=0.7"] == 3


def test_the_time_of_a_request_is_split(client: FlaskClient, classifier: FakeClassifier) -> None:
    classifier.seconds = (0.25, 0.5)
    token = arrival.current.set(Arrival(at=time.perf_counter() - 1))
    try:
        response = client.post("/v1/predict", json={"text": "good"})
    finally:
        arrival.current.reset(token)
    timing = dict(re.findall(r"(\w+);dur=([\d.]+)", response.headers["Server-Timing"]))
    assert (float(timing["tokenize"]), float(timing["inference"])) == (250, 500)
    assert 1000 <= float(timing["wait"]) <= float(timing["total"])
    found = scrape(client)
    phases = "sentiment_phase_duration_seconds_sum"
    assert found[phases, "phase=tokenizing"] == 0.25
    assert found[phases, "phase=inference"] == 0.5
    assert found[phases, "phase=rest"] == pytest.approx(
        found["sentiment_request_duration_seconds_sum", "route=/v1/predict"] - 0.75
    )


def test_what_predicts_nothing_has_no_phases(client: FlaskClient) -> None:
    assert re.fullmatch(
        r"wait;dur=[\d.]+, total;dur=[\d.]+", client.get("/healthz").headers["Server-Timing"]
    )
    assert ("sentiment_phase_duration_seconds_count", "phase=rest") not in scrape(client)


def test_the_version_that_serves(client: FlaskClient) -> None:
    found = scrape(client)
    assert found["sentiment_model_version", "model=default", "version=3"] == 1
    assert found["sentiment_model_reloads_total",] == 0


def test_reloads_and_refusals() -> None:
    metrics = Metrics()
    metrics.serving("default", "1")
    metrics.serving("default", "2")
    metrics.refused()
    body, content_type = metrics.render("")
    assert content_type.startswith("text/plain")
    found = figures(body.decode())
    assert found["sentiment_model_version", "model=default", "version=1"] == 0
    assert found["sentiment_model_version", "model=default", "version=2"] == 1
    assert found["sentiment_model_reloads_total",] == 1
    assert found["sentiment_model_refusals_total",] == 1


def test_openmetrics_for_who_asks_for_it(client: FlaskClient) -> None:
    accept = "application/openmetrics-text;version=1.0.0"
    response = client.get("/metrics", headers={"Accept": accept})
    assert response.mimetype == "application/openmetrics-text"
    assert response.get_data(as_text=True).endswith("# EOF\n")


def test_no_text_gets_into_log_or_metrics(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/predict", json={"text": "zanzibar"})
        client.post("/v1/predict", json={"zanzibar": "zanzibar"})
        client.post("/v1/predict?zanzibar=1", data=b"zanzibar")
        client.post("/zanzibar", data=b"zanzibar")
    assert "zanzibar" not in caplog.text
    assert "zanzibar" not in client.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize(
    ("received", "logged"),
    [(TRACE, TRACE), (TRACE.upper(), None), (TRACE + "\n", None), ("a private text", None)],
)
def test_the_trace_is_in_the_log_of_a_failure(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    received: str,
    logged: str | None,
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FakeClassifier, "predict", fail)
    environ = {"HTTP_TRACEPARENT": received}
    client.post("/v1/predict", json={"text": "a"}, environ_overrides=environ)
    [record] = caplog.records
    assert record.fields.get("traceparent") == logged  # type: ignore[attr-defined]
