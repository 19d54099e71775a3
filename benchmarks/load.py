"""A server under load: wrk drives it, and the kernel says what processor time it took."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sentiment.errors import SentimentError

START_SECONDS = 120
SETTLE_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")

# wrk reads a request from this, and prints its figures at the end as one line of JSON.
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\n{{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class CannotMeasure(SentimentError):
    """What a measurement needs is missing, or a server did not do as it should."""

    code = "cannot_measure"


@dataclass(frozen=True)
class Command:
    """A server to start: its command line, where it will listen, its SENTIMENT_ variables."""

    arguments: Sequence[str]
    port: int
    environ: Mapping[str, str]


def service(model: Path, *application: str, **settings: object) -> Command:
    """The service on a free port of the loopback, with a model as `models/NAME`.

    Args:
        application: another one to run in its place, as gunicorn names it.
        settings: variables without their SENTIMENT_, in lower case.
    """
    port = free_port()
    values = {"models": model.parent.resolve(), "model": model.name, "port": port, **settings}
    return Command(
        [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn_conf.py", *application],
        port,
        {f"SENTIMENT_{name.upper()}": str(value) for name, value in values.items()},
    )


@dataclass(frozen=True)
class Server:
    """A running server: the address that takes predictions, and its process."""

    address: str
    process: "subprocess.Popen[bytes]"

    def processor_seconds(self) -> float:
        """What the process and its children took so far."""
        pids = [self.process.pid, *children(self.process.pid)]
        return sum(_processor_seconds(pid) for pid in pids)


class Loaded(Protocol):
    """What can be pressed: a server, here or in a container."""

    @property
    def address(self) -> str: ...

    def processor_seconds(self) -> float:
        """What it took so far."""


@dataclass(frozen=True)
class Load:
    """What one run of wrk found."""

    requests_per_second: float
    processor_ms: float  # of the server, a request
    p50_ms: float
    p99_ms: float


def ensure_wrk() -> str:
    """The path of wrk, which is installed from Debian where it is missing and can be.

    Raises:
        CannotMeasure: it could not be installed.
    """
    found = shutil.which("wrk")
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        waiting = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
        for step in (["update"], ["install", "--yes", "wrk"]):
            subprocess.run([*waiting, *step], check=False, stdout=sys.stderr)
        found = shutil.which("wrk")
    if not found:
        raise CannotMeasure("wrk is missing (Debian: apt install wrk)")
    return found


@contextmanager
def running(command: Command, cores: set[int]) -> Iterator[Server]:
    """Start a server on some cores, wait until it answers, and stop it afterwards.

    Raises:
        CannotMeasure: it did not answer; what it wrote is shown.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command.arguments,
            env=environment(command),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509
        )
        try:
            _wait(command.port, process)
            yield Server(f"http://127.0.0.1:{command.port}/v1/predict", process)
        except Exception:
            errors.seek(0)
            sys.stderr.write(errors.read().decode("utf-8", "replace")[-4000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def environment(command: Command) -> dict[str, str]:
    """This process' variables, and of SENTIMENT_ ones those of the command alone."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SENTIMENT_")}
    return {**own, **command.environ}


def press(server: Loaded, body: bytes, *, seconds: int, connections: int, cores: set[int]) -> Load:
    """Send one body over and over on so many connections; wrk runs on `cores`.

    Raises:
        CannotMeasure: not every answer was a success.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, content = Path(folder, "request.lua"), Path(folder, "body")
        content.write_bytes(body)
        script.write_text(SCRIPT.format(body=content))
        command = [
            ensure_wrk(),
            f"-c{connections}",
            "-t1",
            f"-d{seconds}s",
            "--timeout=60s",
            f"-s{script}",
            server.address,
        ]
        _settle(server)
        before = server.processor_seconds()
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509
        )
        processor = server.processor_seconds() - before
    if run.returncode:
        raise CannotMeasure(f"wrk ended with exit status {run.returncode}: {run.stderr.strip()}")
    found = json.loads(run.stdout.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise CannotMeasure(f"{server.address}: not every answer was a success: {found}")
    return Load(
        requests_per_second=1e6 * found["requests"] / found["microseconds"],
        processor_ms=1e3 * processor / found["requests"],
        p50_ms=found["p50"] / 1e3,
        p99_ms=found["p99"] / 1e3,
    )


def _settle(server: Loaded) -> None:
    """Wait until it does nothing any more: what wrk had open at its end is still computed."""
    until = time.monotonic() + SETTLE_SECONDS
    pause, idle = 0.2, 0.1  # seconds, and the part of a core that to look takes in a container
    before = server.processor_seconds()
    while time.monotonic() < until:
        time.sleep(pause)
        now = server.processor_seconds()
        if now - before < idle * pause:
            return
        before = now


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """The child processes of a process."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def resident_bytes(pid: int) -> int | None:
    """The resident memory of a process; None where it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until every path is answered, be it by 404."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise CannotMeasure(f"no server answers on port {port}")
