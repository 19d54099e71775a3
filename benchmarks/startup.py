"""How soon the service is ready after its start, and what memory its workers take."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.load import CannotMeasure, children, environment, resident_bytes, service
from benchmarks.report import table
from sentiment.errors import SentimentError

_GIVE_UP_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        runs = [start(options.model, options.workers) for _ in range(options.starts)]
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    figures = {
        "seconds until ready": [seconds for seconds, _ in runs],
        "worker's memory, MB": [memory / 1e6 for _, of_workers in runs for memory in of_workers],
    }
    rows = [
        [name, *(f"{of(values):.2f}" for of in (min, statistics.median, max))]
        for name, values in figures.items()
    ]
    print(table(["", "min", "median", "max"], rows))
    return 0


def start(model: Path, workers: int) -> tuple[float, list[int]]:
    """Start the service as `make serve` does.

    Returns:
        The seconds until it was ready, and the bytes of each worker after some predictions.
    Raises:
        CannotMeasure: it was not ready in time.
    """
    command = service(model, workers=workers)
    address = f"http://127.0.0.1:{command.port}"
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            env=environment(command),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # scheduled as a container is, by itself and not with this one
        )
        try:
            if not _is_ready(address, process):
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace")[-2000:].strip()
                raise CannotMeasure(f"not ready within {_GIVE_UP_SECONDS} s; it said: {said}")
            seconds = time.perf_counter() - began
            for _ in range(50):
                _predict(address)
            memory = map(resident_bytes, children(process.pid))
            return seconds, [of_worker for of_worker in memory if of_worker is not None]
        finally:
            process.terminate()
            process.wait()


def _is_ready(address: str, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    return False


def _predict(address: str) -> None:
    request = urllib.request.Request(
        f"{address}/v1/predict",
        data=b'{"text": "The food was great, but the service was slow."}',
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        response.read()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--starts", type=positive, default=5, help="%(default)s")
    parser.add_argument("--workers", type=positive, default=2, help="%(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
