"""Who may call what: API keys, the admin key, and what needs neither."""

import hashlib

import pytest
from flask.testing import FlaskClient

from service import __main__ as command_line
from service import create_app, keys
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier

FIRST, SECOND, ADMIN = "first-key", "second-key", "admin-key"


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def client_of(**settings: object) -> FlaskClient:
    return create_app(Settings.model_validate(settings), FakeClassifier()).test_client()


@pytest.fixture
def locked() -> FlaskClient:
    """A client of a service with two keys and an admin key."""
    return client_of(api_keys=(hashed(FIRST), hashed(SECOND)), admin_key=hashed(ADMIN))


@pytest.mark.parametrize("key", [FIRST, SECOND])
@pytest.mark.parametrize("form", ["Authorization: Bearer {}", "authorization: bearer {}"])
def test_a_key_opens(locked: FlaskClient, key: str, form: str) -> None:
    name, _, value = form.format(key).partition(": ")
    for headers in ({name: value}, {"X-API-Key": key}):
        response = locked.post("/v1/predict", json={"text": "fine"}, headers=headers)
        assert response.status_code == 200


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/models", "/nowhere", "/v1/models/default"])
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="sentiment"'),
        ({"Authorization": "Basic Zmlyc3Qta2V5"}, 'Bearer realm="sentiment"'),
        ({"X-API-Key": "first-ke"}, 'Bearer realm="sentiment", error="invalid_token"'),
        ({"X-API-Key": hashed(FIRST)}, 'Bearer realm="sentiment", error="invalid_token"'),
        ({"Authorization": "Bearer clé"}, 'Bearer realm="sentiment", error="invalid_token"'),
    ],
)
def test_without_a_known_key_nothing_opens(
    locked: FlaskClient, path: str, headers: dict[str, str], challenge: str
) -> None:
    response = locked.get(path, headers=headers)
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == challenge
    assert "X-API-Key" in error["message"]


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", "/v2/models/default/ready"],
)
def test_probes_need_no_key(locked: FlaskClient, path: str) -> None:
    assert locked.get(path).status_code == 200


def test_the_two_kinds_of_keys_stay_apart(locked: FlaskClient) -> None:
    admin, api = {"X-API-Key": ADMIN}, {"X-API-Key": FIRST}
    path = "/v1/admin/models/other:activate"
    body = {"version": "1"}
    assert locked.get("/v1/models", headers=admin).status_code == 403
    assert locked.post(path, json=body, headers=api).status_code == 403
    assert locked.post(path, json=body).status_code == 401
    assert locked.post(path, json=body, headers=admin).status_code == 404  # it is another model


def test_the_admin_routes_are_off_without_an_admin_key() -> None:
    for client in (client_of(), client_of(api_keys=(hashed(FIRST),))):
        response = client.post(
            "/v1/admin/models/default:activate",
            json={"version": "1"},
            headers={"X-API-Key": FIRST},
        )
        error = response.get_json()["error"]
        assert (response.status_code, error["code"]) == (403, "forbidden")
        assert "SENTIMENT_ADMIN_KEY" in error["message"]


def test_the_command_makes_a_key_that_opens(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["key"]) == 0
    key, hash_ = (line.split(": ")[1].strip() for line in capsys.readouterr().out.splitlines())
    assert len(key) >= 43  # 256 bits in base 64
    settings = Settings.from_environment({"SENTIMENT_API_KEYS": hash_})
    client = create_app(settings, FakeClassifier()).test_client()
    assert client.get("/v1/models", headers={"X-API-Key": key}).status_code == 200
    assert client.get("/v1/models").status_code == 401


def test_keys_differ() -> None:
    assert len({keys.make() for _ in range(50)}) == 50
