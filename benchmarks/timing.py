"""Times of several ways to do one thing, taken in turn on one core."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from threadpoolctl import threadpool_limits

from sentiment.tokenizer import Tokenizer

# A way that is quicker than this is called several times in its turn, so that it is not timed
# with the caches that another way left behind.
_TURN_SECONDS = 0.005
_MOST_CALLS_A_TURN = 20

# Plain words, repeated to any length, for texts of a given number of tokens.
_PARAGRAPH = (
    "The rooms were clean and the people at the desk could not have been nicer, but we waited "
    "far too long for our food, and it was cold when it came. I would not go there again for "
    "the restaurant; for the view over the old town, I would. "
)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call: the median, the quickest and the slowest."""

    median: float
    low: float
    high: float


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and the numerical libraries, to one core."""
    pinned = hasattr(os, "sched_setaffinity")  # not on macOS
    if pinned:
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(allowed)})
    try:
        with threadpool_limits(1):
            yield
    finally:
        if pinned:
            os.sched_setaffinity(0, allowed)


def interleaved(ways: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, Timing]:
    """Time each way in every round, so that what slows the machine slows them all.

    Args:
        ways: calls without arguments, by name. Each is called twice before it is timed.
        rounds: how many times each has its turn.
    """
    calls = {name: _calls_a_turn(way) for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            for _ in range(calls[name]):
                start = time.perf_counter()
                way()
                seconds[name].append(time.perf_counter() - start)
    return {
        name: Timing(1e3 * median(times), 1e3 * min(times), 1e3 * max(times))
        for name, times in seconds.items()
    }


def text_of(tokenizer: Tokenizer, tokens: int) -> str:
    """Return an English text of so many tokens."""
    text = _PARAGRAPH * (tokens // 40 + 1)  # the paragraph has more than 40 tokens
    return text[: tokenizer.encode(text).offsets[tokens - 1][1]]


def _calls_a_turn(way: Callable[[], object]) -> int:
    way()  # the first call may load or trace something
    start = time.perf_counter()
    way()
    duration = time.perf_counter() - start
    return min(_MOST_CALLS_A_TURN, max(1, int(_TURN_SECONDS / max(duration, 1e-9))))
