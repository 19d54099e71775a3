"""A running gunicorn for tests, and what it wrote."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 30
JSON = {"Content-Type": "application/json"}


@dataclass
class Server:
    """A running gunicorn, and what it wrote."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        with closing(self.connect()) as connection:
            connection.request(method, path, body, JSON)
            response = connection.getresponse()
            return response.status, json.load(response)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_SECONDS)

    def end(self) -> None:
        """Leave no process behind, whatever state it is in."""
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def lines(self, stream: str) -> list[dict[str, Any]]:
        """The log lines of `out` or `err`; every one of them must be JSON."""
        return [json.loads(line) for line in (self.folder / stream).read_text().splitlines()]


Start = Callable[..., Server]


def launch(folder: Path, **settings: str) -> Server:
    """Start gunicorn with two workers on a free port; what it writes goes into `folder`."""
    given = {"PORT": str(free_port()), "WORKERS": "2", **settings}
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SENTIMENT_")}
    environ |= {f"SENTIMENT_{name}": value for name, value in given.items()}
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn_conf.py"]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=out, stderr=err)
    return Server(process, int(given["PORT"]), folder)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            status, _ = server.send("GET", "/readyz")
        except ConnectionError:
            time.sleep(0.02)
        else:
            assert status == 200
            return
    pytest.fail(f"gunicorn did not become ready: {(server.folder / 'err').read_text()}")


def workers(server: Server) -> set[int]:
    """The workers that have answered predictions."""
    return {line["pid"] for line in server.lines("out") if line["path"] == "/v1/predict"}


def predict_in_every_worker(server: Server, body: bytes) -> Iterator[Any]:
    """Yield answers until both workers gave one; one request after the other may go to the same."""
    deadline = time.monotonic() + START_SECONDS
    while len(workers(server)) < 2:
        assert time.monotonic() < deadline, "one worker answered all"
        status, answer = server.send("POST", "/v1/predict", body)
        assert status == 200
        yield answer


@contextmanager
def launched(folder: Path, **settings: str) -> Iterator[Server]:
    """A server that is ready, and is stopped in the end."""
    server = launch(folder, **settings)
    try:
        wait_until_ready(server)
        yield server
    finally:
        server.end()
