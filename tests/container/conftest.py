"""Images built once for all tests, and a network for their containers."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from benchmarks.containers import engine
from benchmarks.containers.engine import CHECKOUT, Container
from sentiment import bundle as bundles

Run = Callable[..., AbstractContextManager[Container]]

FIND_SECONDS = 120
SAMPLES = CHECKOUT / "training" / "samples"
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


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A folder to mount at /rows: as many of the samples as a quick retraining takes."""
    folder = tmp_path / "rows"
    folder.mkdir()
    lines = (SAMPLES / "train.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "train.csv").write_text("".join(lines[:61]), encoding="utf-8")
    return folder


def wait_for_version(container: Container, version: str) -> None:
    """Wait until predictions come from a version; at no moment is there none."""
    until = time.monotonic() + FIND_SECONDS
    while time.monotonic() < until:
        status, answer = container.predict("fine")
        assert status == 200
        if answer["model"]["version"] == version:
            return
        time.sleep(0.1)
    pytest.fail(f"version {version} does not serve:\n{container.logs()}")


def copy_version(models: Path, version: str) -> None:
    """Put the built-in model into a folder to mount, as a version that the user may read."""
    model = models / "default"
    shutil.copytree(bundles.current(BUILT_IN), model / version)
    for path in (model, *model.rglob("*")):
        os.chmod(path, 0o777 if path.is_dir() else 0o666)


def queried(port: int, query: str) -> float:
    """The sum of what a query of Prometheus finds, once it finds anything."""
    until = time.monotonic() + FIND_SECONDS
    while time.monotonic() < until:
        address = f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}"
        _, answer = engine.ask(address)
        if answer and (found := answer["data"]["result"]):
            return sum(float(one["value"][1]) for one in found)
        time.sleep(0.5)
    pytest.fail(f"Prometheus finds nothing for {query}")
