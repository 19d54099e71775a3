"""How soon the service is ready after its start, and what memory its workers take."""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

_GIVE_UP_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    runs = [start(options.workers) for _ in range(options.starts)]
    seconds = [run[0] for run in runs]
    memory = [megabytes for run in runs for megabytes in run[1]]
    print("| | min | median | max |")
    print("|---|---|---|---|")
    for name, values in (("seconds until ready", seconds), ("worker's memory, MB", memory)):
        figures = (min(values), statistics.median(values), max(values))
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in figures) + " |")
    return 0


def start(workers: int) -> tuple[float, list[float]]:
    """Start the service as `make serve` does; return the seconds until ready, and MB a worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn_conf.py"],
        env={**os.environ, "SENTIMENT_PORT": str(port), "SENTIMENT_WORKERS": str(workers)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # scheduled as a container is, by itself and not with this process
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        seconds = time.perf_counter() - began
        for _ in range(50):
            _predict(f"http://127.0.0.1:{port}")
        return seconds, [_resident(pid) for pid in _children(process.pid)]
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise SystemExit(f"the service was not ready within {_GIVE_UP_SECONDS} s")


def _predict(address: str) -> None:
    request = urllib.request.Request(
        f"{address}/v1/predict",
        data=b'{"text": "The food was great, but the service was slow."}',
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        response.read()


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no memory figure for process {pid}")


if __name__ == "__main__":
    sys.exit(main())
