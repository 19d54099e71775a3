"""Switching versions: over HTTP with the admin key, and from the command line."""

import errno
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sentiment import bundle as bundles
from service import __main__ as command_line
from service import activation, create_app
from service.settings import Settings

ADMIN = {"X-API-Key": "admin"}


@pytest.fixture
def model(bundle_root: Path, tmp_path: Path) -> Path:
    """A model with two good versions, of which 1 is active, and a damaged one, 3."""
    directory = tmp_path / "models" / "default"
    for version in ("1", "2", "3"):
        shutil.copytree(bundle_root / "default" / "1", directory / version)
    with (directory / "3" / bundles.NETWORK).open("ab") as network:
        network.write(b"x")
    bundles.activate(directory, "1")
    return directory


@pytest.fixture
def client(model: Path) -> Iterator[FlaskClient]:
    key = hashlib.sha256(ADMIN["X-API-Key"].encode()).hexdigest()
    app = create_app(Settings(models=model.parent, admin_key=key, reload_seconds=60))
    yield app.test_client()
    app.extensions["registry"].stop()


def activate(client: FlaskClient, body: object) -> tuple[int, dict]:
    path = "/v1/admin/models/default:activate"
    response = client.post(path, json=body, headers=ADMIN)
    return response.status_code, response.get_json()


def roll_back(client: FlaskClient) -> tuple[int, dict]:
    response = client.post("/v1/admin/models/default:rollback", headers=ADMIN)
    return response.status_code, response.get_json()


def test_activate_and_roll_back(client: FlaskClient, model: Path) -> None:
    assert activate(client, {"version": "2"}) == (
        200,
        {
            "model": {"name": "default", "version": "2"},
            "previous": "1",
            "within_seconds": 60.0,
        },
    )
    assert bundles.current(model).name == "2"
    client.application.extensions["registry"].refresh()
    assert client.get("/readyz").get_json()["model"]["version"] == "2"
    for version in ("1", "2"):  # once more, and it is undone
        status, answer = roll_back(client)
        assert (status, answer["model"]["version"]) == (200, version)
        assert bundles.current(model).name == version


def test_nothing_to_roll_back_to(client: FlaskClient, model: Path) -> None:
    status, answer = roll_back(client)
    assert (status, answer["error"]["code"]) == (409, "activation_refused")
    assert "It has 1, 2, 3" in answer["error"]["message"]
    assert bundles.current(model).name == "1"


@pytest.mark.parametrize("version", ["4", "", "..", "../default/1", "CURRENT"])
def test_a_version_that_is_not_there(client: FlaskClient, version: str) -> None:
    status, answer = activate(client, {"version": version})
    assert (status, answer["error"]["code"]) == (404, "version_not_found")
    assert answer["error"]["message"] == f'default has no version "{version}"; it has 1, 2, 3.'


def test_a_bad_version_is_refused_before_it_is_written(client: FlaskClient, model: Path) -> None:
    status, answer = activate(client, {"version": "3"})
    assert (status, answer["error"]["code"]) == (409, "activation_refused")
    assert "network.onnx is not what was saved" in answer["error"]["message"]
    assert str(model.parent) not in answer["error"]["message"]
    assert (bundles.current(model).name, bundles.previous(model)) == ("1", None)


def test_a_folder_that_cannot_be_written(
    client: FlaskClient, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(directory: Path, version: str) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(activation.bundles, "activate", refuse)
    status, answer = activate(client, {"version": "2"})
    assert (status, answer["error"]["code"]) == (409, "models_read_only")
    assert "Read-only file system" in answer["error"]["message"]


@pytest.mark.parametrize("body", [{}, {"version": 2}, {"version": "2", "x": 1}, ["2"], "2"])
def test_a_body_of_another_shape(client: FlaskClient, body: object) -> None:
    status, answer = activate(client, body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")


def test_the_command_line_does_the_same(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENTIMENT_MODELS", str(model.parent))
    monkeypatch.setenv("SENTIMENT_HOST", "0.0.0.0")  # the image's; only who serves needs keys then
    assert command_line.main(["activate", "default", "2"]) == 0
    assert capsys.readouterr().out == "default: version 2 is active\n"
    assert bundles.current(model).name == "2"
    assert command_line.main(["rollback", "default"]) == 0
    assert bundles.current(model).name == "1"
    for arguments, reason in (
        (["activate", "default", "3"], "network.onnx is not what was saved"),
        (["activate", "default", "4"], "it has 1, 2, 3"),
        (["activate", "other", "1"], "it has none"),
        (["rollback", "other"], "no version to roll back to"),
    ):
        assert command_line.main(arguments) == 2
        assert reason in capsys.readouterr().err
    assert bundles.current(model).name == "1"
