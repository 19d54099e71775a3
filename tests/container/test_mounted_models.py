"""Models mounted at /models: none, one that cannot be written, and a newer one."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.containers import engine
from benchmarks.containers.engine import Container
from sentiment import bundle as bundles
from service import keys
from tests.container.conftest import BUILT_IN, Run, copy_version, wait_for_version

pytestmark = pytest.mark.slow


def test_the_first_model_in_an_empty_mount_is_served_and_the_next(run: Run, models: Path) -> None:
    current = bundles.current(BUILT_IN)
    with run(options=[f"--volume={models}:/models:ro"]) as container:
        container.wait_until_ready()
        assert container.predict("fine")[1]["model"]["version"] == current.name
        assert "the built-in default is taken" in container.logs()
        copy_version(models, "41")
        bundles.activate(models / "default", "41")
        wait_for_version(container, "41")
        copy_version(models, "42")
        bundles.activate(models / "default", "42")
        wait_for_version(container, "42")


@pytest.mark.parametrize("writable", [True, False])
def test_activation_over_http(run: Run, models: Path, writable: bool) -> None:
    for version in ("41", "42"):
        copy_version(models, version)
    bundles.activate(models / "default", "41")
    key, hashed = keys.make()
    mode = "rw" if writable else "ro"
    with run(
        environ={"SENTIMENT_ADMIN_KEY": hashed}, options=[f"--volume={models}:/models:{mode}"]
    ) as container:
        container.wait_until_ready()
        status, answer = activate(container, key, "42")
        if writable:
            assert status == 200
            wait_for_version(container, "42")
        else:
            assert (status, answer["error"]["code"]) == (409, "models_read_only")
            wait_for_version(container, "41")


def activate(container: Container, key: str, version: str) -> tuple[int, Any]:
    address = f"http://{container.address}/v1/admin/models/default:activate"
    return engine.ask(address, {"version": version}, {"X-API-Key": key})


def test_the_built_in_model_cannot_be_switched(run: Run) -> None:
    key, hashed = keys.make()
    with run(environ={"SENTIMENT_ADMIN_KEY": hashed}) as container:
        container.wait_until_ready()
        version = bundles.current(BUILT_IN).name
        status, answer = activate(container, key, version)
        assert (status, answer["error"]["code"]) == (409, "models_read_only")
