"""The worker's intake: slow clients hold no thread, and what is too much is refused at once."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.service.gunicorn_server import (
    JSON,
    START_SECONDS,
    Server,
    Start,
    launched,
    wait_until_ready,
)

pytestmark = pytest.mark.slow

BODY = b'{"text": "Great food."}'
HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
# Work for a second or more.
LARGE = json.dumps({"texts": ["a plain word or two " * 45] * 1000}).encode()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=START_SECONDS)


def read_answer(client: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(client)
    response.begin()
    return response.status, response.read()


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, bundle_root: Path) -> Iterator[Server]:
    """One worker with one thread that holds two requests."""
    settings = {"WORKERS": "1", "THREADS": "1", "MAX_CONCURRENT_REQUESTS": "2"}
    folder = tmp_path_factory.mktemp("narrow")
    with launched(folder, MODELS=str(bundle_root), **settings) as server:
        yield server


@contextmanager
def busy(server: Server, requests: int) -> Iterator[None]:
    """Keep the server computing large requests meanwhile; all of them must succeed."""
    statuses: list[int] = []

    def send() -> None:
        patient = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10 * START_SECONDS)
        with closing(patient):
            patient.request("POST", "/v1/predict", LARGE, JSON)
            statuses.append(patient.getresponse().status)

    threads = [threading.Thread(target=send) for _ in range(requests)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)  # for the worker to have them all
    assert not statuses, "the work was done too soon for this test to mean anything"
    yield
    for thread in threads:
        thread.join()
    assert statuses == [200] * requests


def test_slow_bodies_stop_nobody(start: Start) -> None:
    server = start(WORKERS="2", THREADS="1")
    wait_until_ready(server)
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(20)]
        for number, client in enumerate(slow):
            client.sendall(REQUEST[: 10 * number + 5])  # in the head or in the body
        for _ in range(20):
            assert server.send("POST", "/v1/predict", BODY)[0] == 200
        for number, client in enumerate(slow):
            client.sendall(REQUEST[10 * number + 5 :])
            assert read_answer(client)[0] == 200


def test_one_request_too_many_is_refused_at_once(narrow: Server) -> None:
    seconds = []
    with busy(narrow, requests=2), closing(narrow.connect()) as connection:
        for _ in range(5):
            begun = time.perf_counter()
            connection.request("POST", "/v1/predict", BODY, JSON)
            response = connection.getresponse()
            error = json.load(response)["error"]
            seconds.append(time.perf_counter() - begun)
            assert (response.status, error["code"]) == (429, "too_many_requests")
            assert error["message"].startswith("2 requests")
            assert "SENTIMENT_MAX_CONCURRENT_REQUESTS" in error["message"]
            assert response.headers["Retry-After"] == "1"
    assert min(seconds) < 0.1
    assert narrow.send("POST", "/v1/predict", BODY)[0] == 200


def test_probes_and_metrics_do_not_wait_in_line(narrow: Server) -> None:
    with busy(narrow, requests=2), closing(narrow.connect()) as connection:
        for path in ("/healthz", "/readyz", "/metrics"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            assert response.status == 200


def test_what_waited_past_its_deadline_is_dropped(narrow: Server) -> None:
    with busy(narrow, requests=1), closing(narrow.connect()) as connection:
        connection.request("POST", "/v1/predict", BODY, {**JSON, "X-Request-Timeout-Ms": "20"})
        response = connection.getresponse()
        assert (response.status, json.load(response)["error"]["code"]) == (504, "deadline_exceeded")
        assert "inference" not in response.headers["Server-Timing"]


def test_a_client_may_ask_before_it_sends_its_body(server: Server) -> None:
    with connect(server) as client:
        client.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(BODY)
        status, body = read_answer(client)
        assert (status, json.loads(body)["errors"]) == (200, [])


def test_requests_that_come_together_are_answered_in_turn(server: Server) -> None:
    second = REQUEST.replace(b"food", b"soup")
    with connect(server) as client, client.makefile("rb") as answers:
        client.sendall(REQUEST + second + REQUEST[:100])
        for _ in range(2):
            assert read_from(answers)[0] == 200
        client.sendall(REQUEST[100:])
        assert read_from(answers)[0] == 200


def test_a_chunked_body(server: Server) -> None:
    with connect(server) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for byte in BODY:
            client.sendall(b"1\r\n%c\r\n" % byte)
        client.sendall(b"0\r\n\r\n")
        assert read_answer(client)[0] == 200


def test_a_body_that_breaks_off(server: Server) -> None:
    with connect(server) as client:
        client.sendall(REQUEST[:-5])
        client.shutdown(socket.SHUT_WR)
        status, body = read_answer(client)
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_json")


def test_clients_that_leave_do_no_harm(own_server: Server) -> None:
    for cut in (0, 20, len(REQUEST) - 5, len(REQUEST)):
        for _ in range(5):
            with connect(own_server) as client:
                client.sendall(REQUEST[:cut])
    assert own_server.send("POST", "/v1/predict", BODY)[0] == 200
    assert own_server.stop() == 0
    assert {line["level"] for line in own_server.lines("err")} == {"info"}


def read_from(answers: BinaryIO) -> tuple[int, bytes]:
    """Read one answer of several on a connection."""
    status = int(answers.readline().split()[1])
    length = 0
    while (line := answers.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, answers.read(length)


@contextmanager
def open_connections(server: Server, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent something, and whose clients then neither read nor close."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(count)]
        for client in clients:
            client.sendall(sent)
        time.sleep(0.3)  # for the worker to have it all
        yield clients


def seconds_of_a_probe(server: Server) -> float:
    begun = time.perf_counter()
    assert server.send("GET", "/healthz")[0] == 200
    return time.perf_counter() - begun


def test_clients_that_do_not_close_stop_nobody(narrow: Server) -> None:
    sent = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    with open_connections(narrow, 10, sent) as clients:
        assert seconds_of_a_probe(narrow) < 1
        for client in clients:
            with client.makefile("rb") as answer:
                assert answer.read().startswith(b"HTTP/1.1 200 ")  # to the end of the connection


def test_bodies_that_are_too_large_and_slow_stop_no_probe(narrow: Server) -> None:
    with open_connections(narrow, 10, HEAD + b"Content-Length: 20000000\r\n\r\nab") as clients:
        assert seconds_of_a_probe(narrow) < 1
        assert read_answer(clients[0])[0] == 413  # though the body never ends


def test_chunks_that_look_like_an_end_stop_nobody(narrow: Server) -> None:
    sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n40000\r\n" + b"0\r\n" * 20_000
    with open_connections(narrow, 1, sent):
        assert seconds_of_a_probe(narrow) < 1


def test_what_is_not_whole_fills_no_memory(narrow: Server) -> None:
    """Of 84 MB in requests that never end, the oldest have to go; the worker goes on."""
    assert narrow.send("GET", "/healthz")[0] == 200
    worker = narrow.lines("out")[-1]["pid"]
    sent = HEAD + b"Content-Length: 1000000\r\n\r\n" + b"a" * 150_000
    with open_connections(narrow, 400, sent) as clients:
        os.kill(worker, signal.SIGSTOP)
        for client in reversed(clients):
            client.sendall(b"a" * 60_000)
        os.kill(worker, signal.SIGCONT)  # it hears of all of them at once, of the oldest last
        with suppress(ConnectionError):
            assert clients[0].recv(1) == b""
        clients[-1].sendall(b"a" * 790_000)
        assert read_answer(clients[-1])[0] == 400
    assert narrow.send("GET", "/healthz")[0] == 200
    assert narrow.lines("out")[-1]["pid"] == worker


def test_a_silent_connection_does_not_delay_the_end(start: Start) -> None:
    server = start(WORKERS="1", GRACEFUL_SECONDS="30")
    wait_until_ready(server)
    with connect(server):
        time.sleep(0.3)
        begun = time.perf_counter()
        assert server.stop() == 0
        assert time.perf_counter() - begun < 10
