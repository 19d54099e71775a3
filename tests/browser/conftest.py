"""The playground in Chromium, and a service with a small real model behind it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from tests.service.gunicorn_server import Server, launch, wait_until_ready

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from tests.browser.chromium import NoChromium, browser  # noqa: E402

ADMIN_KEY = "the admin key"
API_KEY = "an api key"
# Of whatever a test waits for, on a busy machine too.
PATIENCE_MS = 60_000
sync_api.expect.set_options(timeout=PATIENCE_MS)
# Chromium drops all that is on its way when an interface of the machine comes or goes, as those of
# containers do.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"

Open = Callable[..., sync_api.Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these start servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    try:
        with browser() as running:
            yield running
    except NoChromium as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def models(bundle_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with two good versions, of which 1 is active, and a damaged one, 3."""
    root = tmp_path_factory.mktemp("models")
    for version in ("1", "2", "3"):
        shutil.copytree(bundle_root / "default" / "1", root / "default" / version)
    with (root / "default" / "3" / bundles.NETWORK).open("ab") as network:
        network.write(b"x")
    bundles.activate(root / "default", "1")
    return root


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture(scope="session")
def site(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that asks for no key but the admin's."""
    server = launch(
        tmp_path_factory.mktemp("site"),
        MODELS=str(models),
        WORKERS="1",
        ADMIN_KEY=hash_of(ADMIN_KEY),
        RELOAD_SECONDS="0.2",
    )
    wait_until_ready(server)
    yield server
    server.end()


@pytest.fixture
def visit(chromium: sync_api.Browser) -> Iterator[Open]:
    """Return a function that opens a page of a server; nothing in it may fail unseen.

    What the page logs as an error, and what its policy stops, is a failure, but for requests that
    the test itself makes fail (`failing=True`).
    """
    contexts, problems = [], []

    def begin(server: Server, path: str = "/", *, failing: bool = False, **options: object):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                problems.append(message.text)
                if message.type == "error"
                and not (failing and "Failed to load resource" in message.text)
                else None
            ),
        )
        dropped: list[str] = []
        page.on("requestfailed", lambda request: dropped.append(str(request.failure)))
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        while any(NETWORK_CHANGED in failure for failure in dropped):
            dropped.clear()
            problems[:] = [problem for problem in problems if NETWORK_CHANGED not in problem]
            page.reload()
        return page

    yield begin
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(visit: Open, site: Server) -> sync_api.Page:
    """The first view."""
    return visit(site)
