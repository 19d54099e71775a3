"""Images built once for all tests, and a network for their containers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from benchmarks.containers import engine
from benchmarks.containers.engine import Container

Run = Callable[..., AbstractContextManager[Container]]


@pytest.fixture(scope="session")
def tools() -> None:
    """podman, buildah, nginx, Prometheus and the base image, or the reason why there are none."""
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
