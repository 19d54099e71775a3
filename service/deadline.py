"""`X-Request-Timeout-Ms`: until when a caller wants an answer."""

import math
import time
from dataclasses import dataclass

from service.answers import excerpt
from service.errors import DeadlineExceeded, InvalidRequest

HEADER = "X-Request-Timeout-Ms"
LONGEST_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time on the clock `time.perf_counter`; infinite where the caller gave none."""

    at: float = math.inf
    milliseconds: int = 0

    @classmethod
    def of(cls, received: str | None, *, arrived: float) -> "Deadline":
        """Read the header of a request, None where it has none; its time runs from `arrived` on.

        Raises:
            InvalidRequest: it is not a whole number of milliseconds from 1 to an hour.
        """
        if received is None:
            return NONE
        if not (received.isascii() and received.isdigit() and 1 <= len(received) <= 7):
            raise _unfit(received)
        milliseconds = int(received)
        if not 1 <= milliseconds <= LONGEST_MS:
            raise _unfit(received)
        return cls(arrived + milliseconds / 1000, milliseconds)

    def check(self) -> None:
        """Call it before each piece of work.

        Raises:
            DeadlineExceeded: the work would start too late.
        """
        if time.perf_counter() > self.at:
            raise DeadlineExceeded(
                f"{self.milliseconds} ms ({HEADER}) have passed, and what was left to do was not"
                " begun. Allow more time, or send less at once.",
                target=HEADER,
            )


NONE = Deadline()


def _unfit(received: str) -> InvalidRequest:
    return InvalidRequest(
        f'{HEADER} is "{excerpt(received)}"; it must be a whole number of milliseconds from 1 to'
        f" {LONGEST_MS}.",
        target=HEADER,
    )
