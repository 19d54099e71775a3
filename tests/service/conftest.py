"""An application around a classifier that needs no model."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def app(classifier: FakeClassifier) -> Flask:
    return create_app(Settings(max_documents=20), classifier)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
