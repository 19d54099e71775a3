"""What a command costs, run in a process of its own: seconds, processor time, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment.errors import SentimentError


class CommandFailed(SentimentError):
    """The command that is measured ended with an error; its own output says which."""

    code = "command_failed"


@dataclass(frozen=True)
class Cost:
    """Of one process and those that it waited for.

    `seconds` on the clock, `processor` seconds of all cores, and `peak`, the bytes that the largest
    of the processes held at once.
    """

    seconds: float
    processor: float
    peak: int


def run(module: str, arguments: Sequence[str]) -> Cost:
    """Run `python -m MODULE …`; what it prints goes to standard error.

    Raises:
        CommandFailed: its exit status is not 0.
    """
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=sys.stderr)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CommandFailed(f"python -m {module} ended with exit status {process.returncode}")
    return Cost(
        seconds=time.perf_counter() - begun,
        processor=usage.ru_utime + usage.ru_stime,
        # Linux counts in KiB
        peak=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )
