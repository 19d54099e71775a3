"""Requests that are computed at the same time share runs of the network.

A run for eight short texts takes little more than twice the time of a run for one. So a request
that has its rows ready waits while others are on their way to the same point, and the last one to
get there runs the network for all. Where no other is on its way, none waits; and none waits long
for one that may be held up, by a client that does not read its answer or by work of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, local
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # gunicorn's master process imports this module, and must load no ONNX Runtime
    from sentiment.classifier import Classifier

Rows = Sequence[Sequence[int]]
Answers = npt.NDArray[np.float64]

# A request of more than this is run by itself, so that no short one has to wait for it.
SHARED_TOKENS = 512
# Texts of more than this hardly have fewer.
SHARED_CHARACTERS = 8 * SHARED_TOKENS

# How long a request waits for others: several times what one takes from its thread to the network.
PATIENCE_SECONDS = 0.01


class Together:
    """What the threads of one worker share.

    Args:
        threads: how many requests can be under way at once.
        patience: seconds that a request waits for others at most.
    """

    def __init__(self, threads: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self._threads = threads
        self._patience = patience
        self._lock = Lock()
        self._mine = local()  # whether this thread's request is one of those on their way
        self._coming = 0  # requests on their way
        self._waiting = 0  # threads whose rows are in `_runs`
        self._alone = 0  # threads that run the network for their own request
        self._runs: dict[Classifier, _Run] = {}

    def expect(self) -> None:
        """Say that a request is on its way; `request` or `forget` must follow."""
        with self._lock:
            self._coming += 1

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around the work on a request that was expected, in the thread that does it."""
        self._mine.coming = True
        try:
            yield
        finally:
            self.withdraw()

    def withdraw(self) -> None:
        """Say that this thread's request is not worth waiting for, though it may come yet."""
        if getattr(self._mine, "coming", False):
            self._mine.coming = False
            self.forget()

    def forget(self) -> None:
        """A request that was expected does not come."""
        with self._lock:
            self._coming -= 1
            ready = self._ready()
        for run in ready:
            run.compute()

    def answers(
        self, classifier: "Classifier", rows: Rows, *, before_batch: Callable[[], None]
    ) -> Answers:
        """What `classifier.answers` gives for one request's rows, (n, C).

        Args:
            before_batch: is called before the rows wait and before they are computed, maybe by
                another request's thread; what it raises ends this request alone.
        """
        before_batch()
        alone = sum(map(len, rows)) > SHARED_TOKENS
        with self._lock:
            if getattr(self._mine, "coming", False):
                self._mine.coming = False
                self._coming -= 1
            if alone:
                self._alone += 1
            else:
                run = self._runs.setdefault(classifier, _Run(classifier))
                part = run.add(rows, before_batch)
                self._waiting += 1
            ready = self._ready()
        for each in ready:
            each.compute()
        if not alone:
            if not run.is_computed_within(self._patience) and self._take(run):
                run.compute()
            return run.result(part)
        try:
            return classifier.answers(rows, before_batch=before_batch)
        finally:
            with self._lock:
                self._alone -= 1

    def _take(self, run: "_Run") -> bool:
        """Take a run whose threads wait no longer, unless another thread has it."""
        with self._lock:
            mine = self._runs.get(run.classifier) is run
            if mine:
                del self._runs[run.classifier]
                self._waiting -= len(run.parts)
        return mine

    def _ready(self) -> list["_Run"]:
        """Take the runs that wait for nobody any more. Call it with the lock held."""
        if self._coming and self._waiting + self._alone < self._threads:
            return []
        runs = list(self._runs.values())
        self._runs.clear()
        self._waiting = 0
        return runs


@dataclass(eq=False, slots=True)
class _Part:
    """One request's rows in a run, and where they are in its result."""

    rows: Rows
    before_batch: Callable[[], None]
    place: slice = field(init=False)
    error: Exception | None = None


class _Run:
    """One run of a classifier's network, for the rows of several requests."""

    def __init__(self, classifier: "Classifier") -> None:
        self.classifier = classifier
        self.parts: list[_Part] = []
        # One lock, handed from thread to thread as each finds the result: when all of them woke at
        # once, they would only fight over the interpreter lock.
        self._computing = Lock()
        self._computing.acquire()
        self._result: Answers | Exception

    def add(self, rows: Rows, before_batch: Callable[[], None]) -> _Part:
        """Add a request's rows."""
        part = _Part(rows, before_batch)
        self.parts.append(part)
        return part

    def compute(self) -> None:
        """Run the network, and let the first of the threads go on that wait for it."""
        rows: list[Sequence[int]] = []
        for part in self.parts:
            try:
                part.before_batch()
            except Exception as error:
                part.error = error
            else:
                part.place = slice(len(rows), len(rows) + len(part.rows))
                rows += part.rows
        if any(part.error is None for part in self.parts):
            try:
                self._result = self.classifier.answers(rows)
            except Exception as error:
                self._result = error
        self._computing.release()

    def is_computed_within(self, seconds: float) -> bool:
        """Wait for the result as long as that, and let the next thread go on."""
        computed = self._computing.acquire(timeout=seconds)
        if computed:
            self._computing.release()
        return computed

    def result(self, part: _Part) -> Answers:
        """Wait for one request's answers, (n, C), and let the next thread go on."""
        with self._computing:
            pass
        if part.error:
            raise part.error
        if isinstance(self._result, Exception):
            raise self._result
        return self._result[part.place]
