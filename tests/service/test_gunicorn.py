"""The service as it is started: worker processes, JSON logs, draining, refusals to start."""

import http.client
import json
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.gunicorn_server import (
    JSON,
    START_SECONDS,
    Server,
    Start,
    predict_in_every_worker,
    wait_until_ready,
)

pytestmark = pytest.mark.slow

BODY = b'{"text": "Great food."}'


def test_every_worker_answers(server: Server) -> None:
    for answer in predict_in_every_worker(server, BODY):
        assert answer["documents"][0]["statistics"]["characters"] == 11


def test_the_logs_are_json_lines_without_texts(own_server: Server) -> None:
    own_server.send("POST", "/v1/predict?secret=1", BODY)
    own_server.send("GET", "/%1b%5b31m%0a%ff")
    assert own_server.stop() == 0
    requests = [line for line in own_server.lines("out") if line["path"] != "/readyz"]
    answered = {(line["method"], line["path"], line["status"]) for line in requests}
    assert answered == {  # in any order: each worker writes its own
        ("POST", "/v1/predict", 200),
        ("GET", "/\x1b[31m\n\\xff", 404),
    }
    assert len(requests) == 2
    assert all(line["request_id"] and line["duration_ms"] >= 0 for line in requests)
    assert {line["level"] for line in own_server.lines("err")} == {"info"}
    logs = (own_server.folder / "out").read_text() + (own_server.folder / "err").read_text()
    assert "Great food" not in logs
    assert "secret" not in logs


def test_a_request_under_way_is_finished_on_sigterm(own_server: Server) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    address = ("127.0.0.1", own_server.port)
    with socket.create_connection(address, timeout=START_SECONDS) as client:
        client.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:5])
        time.sleep(0.5)  # for the worker to take it
        own_server.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert own_server.process.poll() is None
        client.sendall(BODY[5:])
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    assert own_server.process.wait(START_SECONDS) == 0


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


def test_the_drain_file_is_every_worker_s_word_and_closes_what_is_kept(
    start: Start, tmp_path: Path
) -> None:
    mark = tmp_path / "draining"
    mark.touch()  # of an earlier run
    server = start(DRAIN_FILE=str(mark))
    wait_until_ready(server)
    with closing(server.connect()) as connection:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        assert (response.read() and response.status, response.will_close) == (200, False)
        mark.touch()
        connection.request("POST", "/v1/predict", BODY, JSON)
        response = connection.getresponse()
        assert (response.status, response.will_close) == (200, True)
    for _ in predict_in_every_worker(server, BODY):
        status, answer = server.send("GET", "/readyz")
        assert (status, answer["status"]) == (503, "draining")


def test_an_empty_place_for_models_is_no_reason_not_to_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mounted" / "lost+found").mkdir(parents=True)
    server = start(MODELS=str(tmp_path / "mounted"))
    wait_until_ready(server)
    assert server.send("GET", "/readyz")[1]["model"]["name"] == "default"


def test_no_model_stops_the_start(start: Start, tmp_path: Path) -> None:
    server = start(MODELS=str(tmp_path / "nowhere"))
    assert server.process.wait(START_SECONDS) == 1
    written = (server.folder / "err").read_text()
    assert 'SENTIMENT_MODEL: received "default"' in written
    assert str(tmp_path / "nowhere") in written


def test_a_defect_stops_the_start(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text('raise ImportError("a broken library")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = start(WORKERS="4")
    assert server.process.wait(START_SECONDS) == 3
    [reason] = [line for line in server.lines("err") if line["level"] == "critical"]
    assert reason["message"] == "Cannot start: a broken library"


def test_a_bad_setting_stops_the_start(start: Start) -> None:
    server = start(PROT="1")
    assert server.process.wait(START_SECONDS) == 1
    written = (server.folder / "err").read_text()
    assert written == "SENTIMENT_PROT is not a setting. Did you mean SENTIMENT_PORT?\n"
