"""Headers of every answer: security, and the pages of other origins."""

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from service import create_app, headers
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier

PAGE = "https://example.org"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-api-key",
}


@pytest.fixture
def shared() -> FlaskClient:
    """A client of a service that pages of one origin may call, with a key."""
    settings = Settings(cors_origins=(PAGE,), api_keys=("a" * 64,))
    return create_app(settings, FakeClassifier()).test_client()


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/predict", "/v1/admin/x"])
def test_every_answer_is_safe_in_a_browser(client: FlaskClient, path: str) -> None:
    received = client.get(path).headers
    assert {name: received[name] for name in headers.SECURITY} == headers.SECURITY


def test_a_page_keeps_its_own_policy(app: Flask) -> None:
    own = {"Content-Security-Policy": "default-src 'self'"}
    app.add_url_rule("/page", view_func=lambda: Response("<p>", headers=own))
    received = app.test_client().get("/page").headers
    assert received.getlist("Content-Security-Policy") == ["default-src 'self'"]
    assert received["X-Frame-Options"] == "DENY"


def test_a_preflight_is_answered_without_a_key(shared: FlaskClient) -> None:
    response = shared.options("/v1/predict", headers=PREFLIGHT)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in response.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"content-type", "x-api-key", "authorization"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["Vary"] == "Origin"


def test_errors_can_be_read_by_the_page_too(shared: FlaskClient) -> None:
    response = shared.post("/v1/predict", json={"text": "fine"}, headers={"Origin": PAGE})
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://example.org.evil.test", "http://example.org", "null"])
def test_other_origins_are_told_nothing(shared: FlaskClient, origin: str) -> None:
    response = shared.options("/v1/predict", headers={**PREFLIGHT, "Origin": origin})
    assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]
    assert response.headers["Vary"] == "Origin"  # or a cache would give it to the others


def test_no_origin_is_let_in_by_default(client: FlaskClient) -> None:
    response = client.options("/v1/predict", headers=PREFLIGHT)
    assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]


def test_all_origins() -> None:
    client = create_app(Settings(cors_origins=("*",)), FakeClassifier()).test_client()
    response = client.get("/healthz", headers={"Origin": PAGE})
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
