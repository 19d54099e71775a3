"""When a request arrived, and whether there was room for it: the worker's word to Flask."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request's arrival.

    `at` is the time of its last byte, on the clock `time.perf_counter`. `crowded` says that the
    worker held as many requests as it may already.
    """

    at: float = field(default_factory=time.perf_counter)
    crowded: bool = False


# Set in the thread that runs the request. Where another server runs the application, nobody sets
# it, and each request arrives when Flask first sees it.
current: ContextVar[Arrival | None] = ContextVar("arrival", default=None)
