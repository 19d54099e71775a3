"""What serves, when `CURRENT` names another version, a bad one, or none."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from service import create_app, registry, settings
from service.registry import Registry
from service.settings import Settings

Watching = Callable[[], FlaskClient]


class Counted:
    """What a registry told whoever counts."""

    def __init__(self) -> None:
        self.served: list[tuple[str, str]] = []
        self.refusals = 0

    def serving(self, model: str, version: str) -> None:
        self.served.append((model, version))

    def refused(self) -> None:
        self.refusals += 1


@pytest.fixture
def model(bundle_root: Path, tmp_path: Path) -> Path:
    """A model with three good versions, of which 2 is active and 1 was before it."""
    directory = tmp_path / "models" / "default"
    for version in ("1", "2", "3"):
        shutil.copytree(bundle_root / "default" / "1", directory / version)
    bundles.activate(directory, "1")
    bundles.activate(directory, "2")
    return directory


@pytest.fixture
def watching(model: Path) -> Iterator[Watching]:
    """Return a function that makes an application which watches the model."""
    apps = []

    def make() -> FlaskClient:
        apps.append(create_app(Settings(models=model.parent, reload_seconds=0.1)))
        return apps[-1].test_client()

    yield make
    for app in apps:
        app.extensions["registry"].stop()


def damage(directory: Path) -> None:
    with (directory / bundles.NETWORK).open("ab") as network:
        network.write(b"x")


def order(model: Path, version: str) -> None:
    """Write `CURRENT` as a person may: unchecked."""
    bundles._replace(model / bundles.CURRENT, version)  # a watcher never reads half of it


def serving(registry: Registry) -> str | None:
    return registry.state.classifier and registry.state.classifier.version


def test_it_follows_current(model: Path) -> None:
    counted = Counted()
    registry = Registry(model, figures=counted)
    assert serving(registry) is None
    registry.refresh()
    assert serving(registry) == "2"
    first = registry.state
    registry.refresh()
    assert registry.state is first  # nothing was written, nothing is loaded
    bundles.activate(model, "3")
    registry.refresh()
    assert serving(registry) == "3"
    assert first.classifier is not None
    assert first.classifier.predict(["fine"])  # a request that holds it goes on
    assert counted.served == [("default", "2"), ("default", "3")]
    assert counted.refusals == 0


def test_the_built_in_model_serves_until_there_is_another(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mounted = tmp_path / "mounted" / "default"
    mounted.parent.mkdir()
    registry = Registry(mounted, model)
    registry.refresh()
    assert (serving(registry), registry.model_directory) == ("2", model)
    assert caplog.messages[0] == f"No version is in {mounted}: the built-in default is taken"
    shutil.copytree(model / "1", mounted / "1")
    bundles.activate(mounted, "1")
    registry.refresh()
    assert (serving(registry), registry.model_directory) == ("1", mounted)
    shutil.rmtree(mounted)  # a volume that is lost
    registry.refresh()
    assert (serving(registry), registry.model_directory) == ("1", mounted)


@pytest.mark.parametrize("named", ["3", "4", "", "../default/1"])
def test_a_bad_version_is_refused_once_and_the_old_one_serves(
    model: Path, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    counted = Counted()
    registry = Registry(model, figures=counted)
    registry.refresh()
    before = registry.state.classifier
    damage(model / "3")
    order(model, named)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            registry.refresh()
    assert registry.state.classifier is before
    refusal = registry.state.refusal
    assert refusal is not None
    assert refusal.code == ("bundle_damaged" if named == "3" else "bundle_missing")
    assert refusal.version == ("3" if named == "3" else None)
    assert str(model.parent) not in refusal.message
    assert counted.refusals == 1
    assert [message for message in caplog.messages if "is refused: " in message] == [
        f"A version is refused: {caplog.records[0].args[0]}"  # type: ignore[index]
    ]


def test_the_next_write_of_current_is_followed_again(model: Path) -> None:
    registry = Registry(model)
    registry.refresh()
    shutil.move(model / "3" / bundles.NETWORK, model / "kept")
    order(model, "3")
    registry.refresh()
    assert registry.state.refusal is not None
    shutil.move(model / "kept", model / "3" / bundles.NETWORK)
    bundles.activate(model, "3")  # the same words again
    registry.refresh()
    assert (serving(registry), registry.state.refusal) == ("3", None)


@pytest.mark.parametrize(
    ("damaged", "served"), [("", "2"), ("2", "1"), ("12", "3"), ("23", "1"), ("123", None)]
)
def test_a_start_on_a_bad_version_falls_back(model: Path, damaged: str, served: str | None) -> None:
    for version in damaged:
        damage(model / version)
    counted = Counted()
    registry = Registry(model, figures=counted)
    registry.refresh()
    assert serving(registry) == served
    assert (registry.state.refusal is None) == (damaged == "")
    assert counted.refusals == (damaged != "")


def test_what_cannot_serve_says_so_loudly_and_recovers(
    model: Path,
    tmp_path: Path,
    watching: Watching,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "BUILT_IN", tmp_path / "none")
    shutil.move(model, tmp_path / "away")
    client = watching()
    assert "No version of default can be served" in caplog.text

    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["status"]) == (503, "unavailable")
    assert response.get_json()["refused"]["code"] == "bundle_missing"
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/models").get_json()["models"][0]["ready"] is False
    response = client.post("/v1/predict", json={"text": "fine"})
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "not_ready")
    assert "CURRENT cannot be read" in response.get_json()["error"]["message"]
    assert int(response.headers["Retry-After"]) > 0
    assert "X-Model-Version" not in response.headers

    shutil.move(tmp_path / "away", model)
    wait(lambda: client.get("/readyz").status_code == 200)
    assert client.post("/v1/predict", json={"text": "fine"}).headers["X-Model-Version"] == "2"


def test_a_refusal_is_shown_while_the_old_version_serves(model: Path, watching: Watching) -> None:
    client = watching()
    damage(model / "3")
    order(model, "3")
    wait(lambda: "refused" in client.get("/readyz").get_json())
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["model"] == {"name": "default", "version": "2"}
    assert response.get_json()["refused"]["version"] == "3"

    [listed] = client.get("/v1/models").get_json()["models"]
    assert (listed["version"], listed["state"]) == ("2", "ready")
    assert "network.onnx is not what was saved" in listed["refused"]["message"]
    described = client.get("/v1/models/default").get_json()
    assert described["versions"] == [
        {"version": "1", "state": "available"},
        {"version": "2", "state": "serving"},
        {"version": "3", "state": "refused"},
    ]
    assert [entry["state"] for entry in described["model_version_status"]] == ["AVAILABLE", "END"]
    assert described["card"].startswith("# ")
    assert described["previous"] == "1"


def test_a_version_that_is_being_loaded_is_shown_and_does_not_answer(
    model: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    load = Classifier.load

    def slow(directory: Path) -> Classifier:
        begun.set()
        go_on.wait(10)
        return load(directory)

    client = watching()
    monkeypatch.setattr(registry.Classifier, "load", slow)
    bundles.activate(model, "3")
    assert begun.wait(10)
    assert client.get("/v1/models/default").get_json()["versions"][2]["state"] == "loading"
    assert client.post("/v1/predict", json={"text": "a"}).headers["X-Model-Version"] == "2"
    client.application.extensions["registry"].state = registry.State(loading="3")
    assert client.get("/readyz").get_json() == {"status": "loading"}
    go_on.set()
    wait(lambda: client.get("/readyz").status_code == 200)
    assert client.post("/v1/predict", json={"text": "a"}).headers["X-Model-Version"] == "3"


def test_a_library_s_own_failure_is_a_refusal_too(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(directory: Path) -> Classifier:
        raise MemoryError("too much")

    watched = Registry(model)
    watched.refresh()
    monkeypatch.setattr(registry.Classifier, "load", fail)
    bundles.activate(model, "3")
    watched.refresh()
    assert serving(watched) == "2"
    assert watched.state.refusal is not None
    assert (watched.state.refusal.version, watched.state.refusal.code) == ("3", "bundle_error")
    assert "MemoryError" in caplog.text  # with its traceback


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
