"""The service as it is started: worker processes, JSON logs, draining, refusals to start."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 30
JSON = {"Content-Type": "application/json"}
BODY = b'{"text": "Great food."}'


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

    def lines(self, stream: str) -> list[dict[str, Any]]:
        """The log lines of `out` or `err`; every one of them must be JSON."""
        return [json.loads(line) for line in (self.folder / stream).read_text().splitlines()]


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path, bundle_root: Path) -> Iterator[Start]:
    """Start gunicorn with two workers on a free port; it is stopped after the test."""
    servers: list[Server] = []

    def begin(**settings: str) -> Server:
        port = free_port()
        given = {"MODELS": str(bundle_root), "PORT": str(port), "WORKERS": "2", **settings}
        environ = {k: v for k, v in os.environ.items() if not k.startswith("SENTIMENT_")}
        environ |= {f"SENTIMENT_{name}": value for name, value in given.items()}
        command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn_conf.py"]
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            process = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=out, stderr=err)
        servers.append(Server(process, port, tmp_path))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
            try:
                server.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()


@pytest.fixture
def server(start: Start) -> Server:
    """A server that is ready."""
    running = start()
    wait_until_ready(running)
    return running


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


def test_every_worker_answers(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    workers: set[int] = set()
    while len(workers) < 2 and time.monotonic() < deadline:
        status, answer = server.send("POST", "/v1/predict", BODY)
        assert status == 200
        assert answer["documents"][0]["statistics"]["characters"] == 11
        lines = server.lines("out")
        workers = {line["pid"] for line in lines if line["path"] == "/v1/predict"}
    assert len(workers) == 2


def test_the_logs_are_json_lines_without_texts(server: Server) -> None:
    server.send("POST", "/v1/predict?secret=1", BODY)
    server.send("GET", "/%1b%5b31m%0a%ff")
    assert server.stop() == 0
    requests = [line for line in server.lines("out") if line["path"] != "/readyz"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("POST", "/v1/predict", 200),
        ("GET", "/\x1b[31m\n\\xff", 404),
    ]
    assert all(line["request_id"] and line["duration_ms"] >= 0 for line in requests)
    assert {line["level"] for line in server.lines("err")} == {"info"}
    written = (server.folder / "out").read_text() + (server.folder / "err").read_text()
    assert "Great food" not in written
    assert "secret" not in written


def test_a_request_under_way_is_finished_on_sigterm(server: Server) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, timeout=START_SECONDS) as client:
        client.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:5])
        time.sleep(0.5)  # for the worker to take it
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert server.process.poll() is None
        client.sendall(BODY[5:])
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(START_SECONDS) == 0


@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes_are_refused(server: Server, chunked: bool) -> None:
    size = 10_000_000
    body = iter([b"a" * 100_000] * (size // 100_000)) if chunked else b"a" * size
    status, answer = server.send("POST", "/v1/predict", body)
    assert (status, answer["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: test\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: test\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_http_gets_the_envelope_too(server: Server, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=START_SECONDS) as client:
        client.sendall(sent)
        with closing(http.client.HTTPResponse(client)) as response:
            response.begin()
            error = json.load(response)["error"]
    assert response.status == status
    assert set(error) == {"code", "message", "target", "request_id"}


def test_a_connection_is_kept(server: Server) -> None:
    with closing(server.connect()) as connection:
        for _ in range(3):
            connection.request("POST", "/v1/predict", BODY, JSON)
            response = connection.getresponse()
            assert response.status == 200
            assert json.load(response)["errors"] == []
            assert not response.will_close


def test_no_model_stops_the_start(start: Start, tmp_path: Path) -> None:
    server = start(MODELS=str(tmp_path / "nowhere"), WORKERS="4")
    assert server.process.wait(START_SECONDS) == 3
    [reason] = [line for line in server.lines("err") if line["level"] == "critical"]
    assert str(tmp_path / "nowhere") in reason["message"]


def test_a_damaged_model_stops_the_start(start: Start, bundle_root: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle_root, tmp_path / "models")
    with (copy / "default" / "1" / "network.onnx").open("ab") as network:
        network.write(b"x")
    server = start(MODELS=str(copy))
    assert server.process.wait(START_SECONDS) == 3
    [reason] = [line for line in server.lines("err") if line["level"] == "critical"]
    assert "network.onnx" in reason["message"]


def test_a_bad_setting_stops_the_start(start: Start) -> None:
    server = start(PROT="1")
    assert server.process.wait(START_SECONDS) == 1
    written = (server.folder / "err").read_text()
    assert written == "SENTIMENT_PROT is not a setting. Did you mean SENTIMENT_PORT?\n"
