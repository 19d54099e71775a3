"""Versions that do not serve: what they say of themselves, and what they answer."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sentiment import bundle as bundles
from service import create_app
from service.settings import Settings

ADMIN = {"X-API-Key": "admin"}
TEXT = "Great food 😡"


@pytest.fixture(scope="module")
def model(bundle_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of which 1 serves, 2 is good, 3 has a damaged network and 4 a damaged manifest."""
    directory = tmp_path_factory.mktemp("models") / "default"
    for version in ("1", "2", "3", "4"):
        shutil.copytree(bundle_root / "default" / "1", directory / version)
    with (directory / "3" / bundles.NETWORK).open("ab") as network:
        network.write(b"x")
    (directory / "4" / bundles.MANIFEST).write_text("{")
    bundles.activate(directory, "1")
    return directory


@pytest.fixture(scope="module")
def client(model: Path) -> Iterator[FlaskClient]:
    key = hashlib.sha256(ADMIN["X-API-Key"].encode()).hexdigest()
    settings = Settings(
        models=model.parent, admin_key=key, reload_seconds=3600, max_characters=1000
    )
    app = create_app(settings)
    yield app.test_client()
    app.extensions["registry"].stop()


def compare(client: FlaskClient, body: object) -> tuple[int, Any]:
    response = client.post("/v1/admin/models/default:compare", json=body, headers=ADMIN)
    return response.status_code, response.get_json()


def test_every_version_tells_of_itself(client: FlaskClient, model: Path) -> None:
    versions = client.get("/v1/models/default/versions").get_json()["versions"]
    assert [version["version"] for version in versions] == ["1", "2", "3", "4"]
    assert [version["state"] for version in versions] == ["serving", *["available"] * 3]
    manifest = json.loads((model / "2" / bundles.MANIFEST).read_text())
    for version in versions[:3]:
        assert version["labels"] == manifest["labels"]
        assert version["metrics"] == manifest["metrics"]
        assert version["pipeline"]["timesteps"] == manifest["pipeline"]["timesteps"]
        assert version["created"] == manifest["created"]
        assert version["card"].startswith("# A model with random weights")
        assert version["problem"] is None


def test_one_that_cannot_be_read_does_not_hide_the_others(client: FlaskClient, model: Path) -> None:
    damaged = client.get("/v1/models/default/versions").get_json()["versions"][3]
    assert "default/4/bundle.json: no readable format number" in damaged["problem"]
    assert str(model.parent) not in damaged["problem"]
    assert damaged["labels"] is damaged["card"] is None


def test_versions_answer_as_they_would_serve(client: FlaskClient) -> None:
    alone = client.post("/v1/predict", json={"text": TEXT}).get_json()["documents"][0]
    status, answer = compare(client, {"text": TEXT, "versions": ["2", "1"]})
    assert status == 200
    assert [item["version"] for item in answer["answers"]] == ["2", "1"]
    assert [item["document"] for item in answer["answers"]] == [alone, alone]  # equal weights
    assert client.get("/readyz").get_json()["model"]["version"] == "1"


def test_a_damaged_version_has_its_problem_in_its_place(client: FlaskClient, model: Path) -> None:
    status, answer = compare(client, {"text": TEXT, "versions": ["3", "2"]})
    damaged, good = answer["answers"]
    assert status == 200 and good["document"] and not good["problem"]
    assert damaged["document"] is None
    assert damaged["problem"]["code"] == "bundle_damaged"
    assert "network.onnx is not what was saved" in damaged["problem"]["message"]
    assert str(model.parent) not in damaged["problem"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": TEXT, "versions": ["5"]}, 404, "version_not_found"),
        ({"text": TEXT, "versions": ["../default/1"]}, 404, "version_not_found"),
        ({"text": TEXT, "versions": []}, 400, "invalid_request"),
        ({"text": TEXT, "versions": ["1"] * 9}, 400, "invalid_request"),
        ({"text": TEXT}, 400, "invalid_request"),
        ({"text": "", "versions": ["2"]}, 422, "empty_text"),
        ({"text": "\ud800", "versions": ["2"]}, 422, "invalid_text"),
        ({"text": "x" * 1001, "versions": ["2"]}, 422, "text_too_long"),
    ],
)
def test_what_is_refused(client: FlaskClient, body: object, status: int, code: str) -> None:
    received, answer = compare(client, body)
    assert (received, answer["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "versions is empty; it takes at least one."),
        (9, "versions holds 9 entries; it takes 8 at most."),
    ],
)
def test_how_many_versions_it_takes(client: FlaskClient, count: int, said: str) -> None:
    _, answer = compare(client, {"text": TEXT, "versions": ["1"] * count})
    assert answer["error"]["message"] == said


def test_it_takes_the_admin_key(client: FlaskClient) -> None:
    body = {"text": TEXT, "versions": ["2"]}
    assert client.post("/v1/admin/models/default:compare", json=body).status_code == 401
