"""`/metrics` over several worker processes, and after one of them died."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.gunicorn_server import (
    START_SECONDS,
    Server,
    Start,
    predict_in_every_worker,
    wait_until_ready,
    workers,
)
from tests.service.test_metrics import Figures, figures

pytestmark = pytest.mark.slow

BODY = b'{"text": "Great food."}'
PREDICTED = ("sentiment_requests_total", "route=/v1/predict", "status=200")
SERVING = ("sentiment_model_version", "model=default", "version=1")


def scrape(server: Server) -> Figures:
    with closing(server.connect()) as connection:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.status == 200
        return figures(response.read().decode())


def predict(server: Server, times: int) -> None:
    for _ in range(times):
        assert server.send("POST", "/v1/predict", BODY)[0] == 200


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def test_the_figures_are_those_of_all_workers_and_outlive_them(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = start()
    wait_until_ready(server)
    [folder] = tmp_path.glob("sentiment-metrics-*")

    sent = sum(1 for _ in predict_in_every_worker(server, BODY))
    assert {scrape(server)[PREDICTED] for _ in range(6)} == {sent}  # whichever worker is asked
    wait_until(lambda: scrape(server)[SERVING] == 2)

    victim = workers(server).pop()
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not list(folder.glob(f"gauge_live*_{victim}.db")))
    wait_until(lambda: scrape(server)[SERVING] == 2)  # the one left, and its successor
    predict(server, 3)
    assert scrape(server)[PREDICTED] == sent + 3

    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(list(folder.glob("gauge_live*.db"))) == 2)
    wait_until(lambda: scrape(server)[SERVING] == 2)
    assert scrape(server)[PREDICTED] == sent + 3

    assert server.stop() == 0
    assert not folder.exists()
