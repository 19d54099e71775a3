"""A request's time: from its arrival to its answer, in `Server-Timing` and in the metrics."""

import time
from typing import TYPE_CHECKING

from flask import Response, current_app, g, request

from sentiment.prediction import Timings
from service import arrival
from service.arrival import Arrival
from service.deadline import Deadline
from service.errors import TooManyRequests
from service.settings import variable

if TYPE_CHECKING:
    from service.metrics import Metrics


def begin() -> None:
    """Note when the request at hand arrived, and whether it comes too late or is one too many.

    Raises:
        InvalidRequest: its deadline will not do.
        DeadlineExceeded: it waited in line until its deadline had passed.
        TooManyRequests: the worker holds as many requests as it may.
    """
    g.timings = Timings()
    g.arrival = arrival.current.get() or Arrival()
    g.begun = time.perf_counter()
    if g.arrival.crowded:
        limit = current_app.extensions["settings"].max_concurrent_requests
        raise TooManyRequests(
            f"{limit} requests wait or are computed in this process, and it holds no more. Try"
            f" again later, or raise {variable('max_concurrent_requests')}."
        )
    g.deadline = Deadline.of(request.headers, arrived=g.arrival.at)
    g.deadline.check()


def finish(response: Response) -> None:
    """Write the request's time into its answer, and count it."""
    timings: Timings = g.timings
    metrics: Metrics = current_app.extensions["metrics"]
    seconds = time.perf_counter() - g.arrival.at
    parts = f"wait;dur={1e3 * (g.begun - g.arrival.at):.3f}, total;dur={1e3 * seconds:.3f}"
    if timings.inference_seconds:
        parts += f", tokenize;dur={1e3 * timings.tokenize_seconds:.3f}"
        parts += f", inference;dur={1e3 * timings.inference_seconds:.3f}"
        metrics.phases(timings, seconds)
    response.headers["Server-Timing"] = parts
    route = request.url_rule.rule if request.url_rule else "unmatched"
    metrics.request(route, response.status_code, seconds)
