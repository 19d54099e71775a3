"""An application around a classifier that needs no model, and gunicorn around a small real one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier
from tests.service.gunicorn_server import (
    CHECKOUT,
    START_SECONDS,
    Server,
    Start,
    free_port,
    wait_until_ready,
)


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def app(classifier: FakeClassifier) -> Flask:
    return create_app(Settings(max_documents=20), classifier)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


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
