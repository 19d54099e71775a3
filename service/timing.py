"""A request's time: from its arrival to its answer, in `Server-Timing` and in the metrics."""

import time
from typing import TYPE_CHECKING, Any

from flask import Request

from sentiment.prediction import Timings
from service import arrival
from service.arrival import Arrival
from service.deadline import HEADER, Deadline
from service.errors import TooManyRequests
from service.headers import Head
from service.settings import Settings, variable

if TYPE_CHECKING:
    from service.metrics import Metrics

DEADLINE = "HTTP_" + HEADER.upper().replace("-", "_")  # as WSGI calls the header


def begin(asked: Request, kept: Any, settings: Settings) -> None:
    """Note when a request arrived, and whether it comes too late or is one too many.

    Args:
        kept: what is remembered of the request, Flask's `g`.
    Raises:
        InvalidRequest: its deadline will not do.
        DeadlineExceeded: it waited in line until its deadline had passed.
        TooManyRequests: the worker holds as many requests as it may.
    """
    kept.timings = Timings()
    kept.arrival = arrived = arrival.current.get() or Arrival()
    kept.begun = time.perf_counter()
    if arrived.crowded:
        raise TooManyRequests(
            f"{settings.max_concurrent_requests} requests wait or are computed in this process,"
            f" and it holds no more. Try again later, or raise"
            f" {variable('max_concurrent_requests')}."
        )
    kept.deadline = Deadline.of(asked.environ.get(DEADLINE), arrived=arrived.at)
    kept.deadline.check()


def finish(asked: Request, kept: Any, status: int, headers: Head, metrics: "Metrics") -> None:
    """Write the request's time into its answer's head, and count it."""
    timings: Timings = kept.timings
    arrived: Arrival = kept.arrival
    seconds = time.perf_counter() - arrived.at
    parts = f"wait;dur={1e3 * (kept.begun - arrived.at):.3f}, total;dur={1e3 * seconds:.3f}"
    if timings.inference_seconds:
        parts += f", tokenize;dur={1e3 * timings.tokenize_seconds:.3f}"
        parts += f", inference;dur={1e3 * timings.inference_seconds:.3f}"
        metrics.phases(timings, seconds)
    headers["Server-Timing"] = parts
    route = asked.url_rule.rule if asked.url_rule else "unmatched"
    metrics.request(route, status, seconds)
