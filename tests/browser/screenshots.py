"""The pictures of the playground in docs/, with the default model.

`python -m tests.browser.screenshots` takes them.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NoChromium, browser
from tests.service.gunicorn_server import CHECKOUT, Server, launch, wait_until_ready

FOLDER = CHECKOUT / "docs"
# Enough for a page of few colours, the rare ones included; the file is a third of what it would be.
COLOURS = 256
PATIENCE_MS = 120_000


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What one file shows."""

    name: str
    width: int
    height: int
    scheme: str
    show: Callable[[Page], None]


def show_review(page: Page) -> None:
    """An answer; asked for twice, since the first waits for the service to warm up."""
    for _ in range(2):
        page.get_by_role("button", name="A longer review").click()
        expect(page.locator("#weights-list tr").first).to_be_visible()
        expect(page.locator("#try")).not_to_have_attribute("aria-busy", "true")


def show_words(page: Page) -> None:
    show_review(page)
    page.get_by_text("Words", exact=True).click()


def show_mixed(page: Page) -> None:
    page.get_by_role("button", name="Mixed").click()
    expect(page.locator("#weights-list tr").first).to_be_visible()


def show_file(page: Page) -> None:
    page.locator("#views a[href='#files']").click()
    page.locator("#sample").click()
    page.locator("#start").click()
    expect(page.locator("#results .rows")).to_be_visible()


PICTURES = (
    Picture(name="light", width=1280, height=1050, scheme="light", show=show_review),
    Picture(name="dark", width=1280, height=1050, scheme="dark", show=show_words),
    Picture(name="files", width=1280, height=960, scheme="light", show=show_file),
    Picture(name="phone", width=360, height=1056, scheme="light", show=show_mixed),
)


def take(picture: Picture, running: Browser, server: Server) -> None:
    """Write one picture."""
    size = {"width": picture.width, "height": picture.height}
    context = running.new_context(viewport=size, color_scheme=picture.scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"http://127.0.0.1:{server.port}/")
    picture.show(page)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    path = FOLDER / f"playground-{picture.name}.png"
    page.screenshot(path=path)
    context.close()
    with Image.open(path) as image:
        reduced = image.convert("RGB").quantize(
            COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=0
        )
        reduced.save(path, optimize=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = launch(Path(folder), WORKERS="1")
        try:
            wait_until_ready(server)
            with browser() as running:
                for picture in PICTURES:
                    take(picture, running, server)
        except NoChromium as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            server.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
