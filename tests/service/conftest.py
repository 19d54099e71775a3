"""An application around a classifier that needs no model, and gunicorn around a small real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier
from tests.service.gunicorn_server import Server, Start, launch, launched, wait_until_ready


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
        servers.append(launch(tmp_path, **{"MODELS": str(bundle_root), **settings}))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


@pytest.fixture
def own_server(start: Start) -> Server:
    """A server that is ready, for a test that stops it or looks at all that it wrote."""
    running = start()
    wait_until_ready(running)
    return running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bundle_root: Path) -> Iterator[Server]:
    """A server that is ready, for tests that leave it as it is."""
    with launched(tmp_path_factory.mktemp("server"), MODELS=str(bundle_root)) as running:
        yield running
