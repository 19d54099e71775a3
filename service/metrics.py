"""`GET /metrics`: what this service did, for Prometheus, over all worker processes.

Under gunicorn every worker writes its figures into a file of its own in the directory that
PROMETHEUS_MULTIPROC_DIR names, and whichever worker is asked adds all of them up. What a worker
counted stays counted when it dies. Nothing here holds a text, or a path that a client made up.
"""

import os
from collections import Counter as Tally
from collections.abc import Iterable
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from sentiment.errors import TextError
from sentiment.prediction import Estimate, Prediction, Timings
from service.operations import Operation

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own name for it

# Seconds. A short sentence takes less than a millisecond, the largest request some seconds.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONFIDENCES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

_NO_LABEL = ""  # of a text that a regression gave a value

Metric = TypeVar("Metric", Counter, Histogram)

blueprint = Blueprint("metrics", __name__)


class Metrics:
    """The figures of this process. It may be called from several threads."""

    def __init__(self) -> None:
        self._own = own = CollectorRegistry()
        self._children: dict[Any, Any] = {}
        self._serving: tuple[str, str] | None = None
        self._requests = Counter(
            "sentiment_requests", "Requests answered.", ["route", "status"], registry=own
        )
        self._duration = Histogram(
            "sentiment_request_duration_seconds",
            "From the last byte of a request to its answer.",
            ["route"],
            buckets=SECONDS,
            registry=own,
        )
        self._phases = Histogram(
            "sentiment_phase_duration_seconds",
            "Parts of a prediction request's duration: tokenizing, inference, rest.",
            ["phase"],
            buckets=SECONDS,
            registry=own,
        )
        self._documents = Counter(
            "sentiment_documents", "Texts classified, by the label given.", ["label"], registry=own
        )
        self._errors = Counter(
            "sentiment_document_errors",
            "Texts that could not be classified, by the code of their error.",
            ["code"],
            registry=own,
        )
        self._tokens = Counter("sentiment_tokens", "Tokens of texts classified.", registry=own)
        self._words = Counter("sentiment_words", "Words of texts classified.", registry=own)
        self._unknown = Counter(
            "sentiment_unknown_tokens", "Words among them that are not known.", registry=own
        )
        self._truncated = Counter(
            "sentiment_documents_truncated", "Texts that were not read to their end.", registry=own
        )
        self._confidence = Histogram(
            "sentiment_confidence",
            "The highest probability of each text classified.",
            buckets=CONFIDENCES,
            registry=own,
        )
        self._model = Gauge(
            "sentiment_model_version",
            "Live workers that serve this version of this model.",
            ["model", "version"],
            multiprocess_mode="livesum",
            registry=own,
        )
        self._reloads = Counter(
            "sentiment_model_reloads", "Times a worker changed its version.", registry=own
        )
        self._refusals = Counter(
            "sentiment_model_refusals", "Times a worker refused a new version.", registry=own
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the template of the path, never the path itself."""
        self._child(self._requests, route, status).inc()
        self._child(self._duration, route).observe(seconds)

    def phases(self, timings: Timings, seconds: float) -> None:
        """Split the duration of one prediction request, `seconds` in all."""
        tokenizing, inference = timings.tokenize_seconds, timings.inference_seconds
        self._child(self._phases, "tokenizing").observe(tokenizing)
        self._child(self._phases, "inference").observe(inference)
        self._child(self._phases, "rest").observe(max(0.0, seconds - tokenizing - inference))

    def outcomes(self, outcomes: Iterable[Prediction | Estimate | TextError]) -> None:
        """Count what became of the texts of one request."""
        labels: Tally[str] = Tally()
        codes: Tally[str] = Tally()
        tokens = words = unknown = truncated = 0
        for outcome in outcomes:
            if isinstance(outcome, TextError):
                codes[outcome.code] += 1
                continue
            if isinstance(outcome, Prediction):
                labels[outcome.label] += 1
                self._confidence.observe(outcome.probabilities[outcome.label])
            else:
                labels[_NO_LABEL] += 1
            tokens += outcome.statistics.tokens
            words += outcome.statistics.words
            unknown += outcome.statistics.unknown_tokens
            truncated += outcome.statistics.truncated
        for label, count in labels.items():
            self._child(self._documents, label).inc(count)
        for code, count in codes.items():
            self._child(self._errors, code).inc(count)
        for counter, count in (
            (self._tokens, tokens),
            (self._words, words),
            (self._unknown, unknown),
            (self._truncated, truncated),
        ):
            if count:
                counter.inc(count)

    def serving(self, model: str, version: str) -> None:
        """This worker serves this version from now on. All calls but the first are reloads."""
        if self._serving is not None:
            self._reloads.inc()
            self._model.labels(*self._serving).set(0)
        self._serving = (model, version)
        self._model.labels(model, version).set(1)

    def refused(self) -> None:
        """This worker was told to change its version, and refused the new one."""
        self._refusals.inc()

    def _child(self, metric: Metric, *labels: str | int) -> Metric:
        """What `metric.labels` gives, which takes it longer than to count."""
        key = (metric, labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def render(self, accept: str) -> tuple[bytes, str]:
        """All processes' figures in the format that fits an Accept header, and its media type."""
        registry = self._own
        if DIRECTORY in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type


@blueprint.get("/metrics")
@Operation(answers_as=("text/plain", "application/openmetrics-text"))
def metrics() -> Response:
    """The figures of all workers, live and dead."""
    figures: Metrics = current_app.extensions["metrics"]
    body, content_type = figures.render(request.headers.get("Accept", ""))
    return Response(body, content_type=content_type)
