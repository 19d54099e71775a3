"""Images built once for all tests, and a network for their containers."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from benchmarks.containers import engine
from benchmarks.containers.engine import CHECKOUT, Container
from sentiment import bundle as bundles

Run = Callable[..., AbstractContextManager[Container]]

BUILT_IN = CHECKOUT / "models" / "default"


@pytest.fixture(scope="session")
def tools() -> None:
    """podman, buildah, nginx, Prometheus and the base image, where a machine can have them."""
    try:
        engine.prepare()
    except engine.ToolsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def image(tools: None) -> str:
    return engine.build("serving")


@pytest.fixture(scope="session")
def training_image(tools: None) -> str:
    return engine.build("training")


@pytest.fixture(scope="session")
def network(tools: None) -> Iterator[str]:
    with engine.network() as name:
        yield name


@pytest.fixture(scope="session")
def run(image: str, network: str) -> Run:
    """Run the service in a container: `with run(environ=…, options=…) as container`."""
    return partial(engine.container, image, network)


@pytest.fixture(scope="module")
def service(run: Run) -> Iterator[Container]:
    """The service as it comes, ready, for tests that leave it as it is."""
    with run() as container:
        container.wait_until_ready()
        yield container


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder to mount at /models, empty, which the container's user may write."""
    folder = tmp_path / "models"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def copy_version(models: Path, version: str) -> None:
    """Put the built-in model into a folder to mount, as a version that the user may read."""
    model = models / "default"
    shutil.copytree(bundles.current(BUILT_IN), model / version)
    for path in (model, *model.rglob("*")):
        os.chmod(path, 0o777 if path.is_dir() else 0o666)
