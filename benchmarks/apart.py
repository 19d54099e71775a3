"""What a command costs, run in a process of its own: seconds, processor time, memory."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment.errors import SentimentError


class CommandFailed(SentimentError):
    """The command that is measured ended with an error; its own output says which."""

    code = "command_failed"


# A process starts with the peak of the one that forked it, so a small one stands between.
_MEASURE = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
status = subprocess.run([sys.executable, "-m", *sys.argv[1:]], stdout=sys.stderr).returncode
seconds = time.perf_counter() - begun
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""


@dataclass(frozen=True)
class Cost:
    """Of one process and those that it waited for.

    `seconds` on the clock, `processor` seconds of all cores, and `peak`, the bytes that the largest
    of the processes held at once.
    """

    seconds: float
    processor: float
    peak: int


def call(work: Callable[..., object], *arguments: object) -> None:
    """Call a function of a module in a process of its own: TensorFlow gives no memory back.

    Raises:
        CommandFailed: it did not come to its end; what it printed says why.
    """
    process = multiprocessing.get_context("spawn").Process(target=_ended, args=(work, arguments))
    process.start()
    process.join()
    if process.exitcode:
        name = work.__name__.strip("_")
        raise CommandFailed(f"the {name} ended with exit status {process.exitcode}; see above")


def _ended(work: Callable[..., object], arguments: Sequence[object]) -> None:
    try:
        work(*arguments)
    except SentimentError as error:
        sys.exit(f"error: {error}")


def run(module: str, arguments: Sequence[str]) -> Cost:
    """Run `python -m MODULE …`; what it prints goes to standard error.

    Raises:
        CommandFailed: its exit status is not 0.
    """
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, module, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    status, seconds, processor, peak = json.loads(measured.stdout)
    if status:
        raise CommandFailed(f"python -m {module} ended with exit status {status}")
    # Linux counts in KiB
    return Cost(seconds, processor, peak if sys.platform == "darwin" else peak * 1024)
