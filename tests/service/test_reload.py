"""Versions switched under gunicorn: every worker follows, and no answer is lost on the way."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from tests.service.gunicorn_server import JSON, START_SECONDS, Server, Start, wait_until_ready

pytestmark = pytest.mark.slow

BODY = b'{"text": "Great food."}'


@pytest.fixture
def model(bundle_root: Path, tmp_path: Path) -> Path:
    """A model with two good versions, of which 1 is active."""
    directory = tmp_path / "models" / "default"
    for version in ("1", "2"):
        shutil.copytree(bundle_root / "default" / "1", directory / version)
    bundles.activate(directory, "1")
    return directory


@pytest.fixture
def begin(start: Start, model: Path) -> Callable[[], Server]:
    return lambda: start(MODELS=str(model.parent), RELOAD_SECONDS="0.1")


def damage(directory: Path) -> None:
    with (directory / bundles.NETWORK).open("ab") as network:
        network.write(b"x")


def ask(server: Server) -> tuple[int, str | None]:
    """The status of a prediction, and the version that made it, by the body and the header."""
    with closing(server.connect()) as connection:
        connection.request("POST", "/v1/predict", BODY, JSON)
        response = connection.getresponse()
        answer = json.load(response)
        version = answer.get("model", {}).get("version")
        assert response.headers["X-Model-Version"] == version
        return response.status, version


def versions(server: Server) -> set[tuple[int, str | None]]:
    """What both workers answer: more requests than one of them is likely to get all of."""
    return {ask(server) for _ in range(30)}


def errors(server: Server) -> str:
    """What the service has written to its log so far; the last line may be half of one."""
    return (server.folder / "err").read_text()


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_every_worker_follows_and_no_answer_is_lost(
    begin: Callable[[], Server], model: Path
) -> None:
    server = begin()
    wait_until_ready(server)
    answers = []
    with ThreadPoolExecutor(1) as pool:
        for version in ("2", "1", "2"):
            bundles.activate(model, version)
            asking = pool.submit(lambda: [ask(server) for _ in range(50)])
            wait(lambda: versions(server) == {(200, version)})  # noqa: B023
            answers += asking.result()
    assert {status for status, _ in answers} == {200}
    assert {version for _, version in answers} <= {"1", "2"}


def test_a_worker_that_starts_on_a_bad_version_does_not_stop_the_service(
    begin: Callable[[], Server], model: Path
) -> None:
    server = begin()
    wait_until_ready(server)
    bundles.activate(model, "2")
    wait(lambda: versions(server) == {(200, "2")})
    damage(model / "2")  # after it was activated, as a disk may do
    workers = {line["pid"] for line in server.lines("out")}
    os.kill(min(workers), signal.SIGKILL)
    wait(lambda: "A version is refused: " in errors(server))
    wait(lambda: versions(server) == {(200, "1"), (200, "2")})
    assert server.process.poll() is None
    bundles.activate(model, "1")
    wait(lambda: versions(server) == {(200, "1")})


def test_a_model_without_a_good_version_is_an_outage_that_ends(
    begin: Callable[[], Server], model: Path
) -> None:
    shutil.copytree(model / "1", model.parent / "kept")
    for version in ("1", "2"):
        damage(model / version)
    server = begin()
    wait(lambda: "No version of default can be served" in errors(server))
    status, answer = server.send("GET", "/readyz")
    assert (status, answer["status"]) == (503, "unavailable")
    assert "network.onnx is not what was saved" in answer["refused"]["message"]
    assert server.send("POST", "/v1/predict", BODY)[0] == 503
    shutil.copytree(model.parent / "kept", model / "3")
    bundles.activate(model, "3")
    wait(lambda: versions(server) == {(200, "3")})


def test_a_stopping_worker_says_that_it_drains(begin: Callable[[], Server]) -> None:
    server = begin()
    wait_until_ready(server)
    with closing(server.connect()) as connection:
        connection.request("GET", "/readyz")
        assert connection.getresponse().read()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        assert (response.status, json.load(response)["status"]) == (503, "draining")
        assert response.will_close
    assert server.process.wait(START_SECONDS) == 0
