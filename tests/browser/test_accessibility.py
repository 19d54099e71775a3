"""For everybody: axe-core finds no fault, the keyboard is enough, and no width is too small."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.service.gunicorn_server import Server
from training import files

# Fetched by npm, which checks what comes, and not kept here: 4 MB under another licence (MPL-2.0).
AXE = "axe-core@4.14.1"
FETCH_SECONDS = 120

TEXT = "😡 The food was great. 👍 But the service was awful 😡! We left. It was a day of 中 and 龍."


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core; where it cannot be fetched, the tests are skipped."""
    script: Path = request.config.cache.mkdir("axe-core") / f"{AXE}.js"
    if not script.exists():
        fetch(script, tmp_path_factory.mktemp("axe-core"))
    return script.read_text(encoding="utf-8")


def fetch(script: Path, folder: Path) -> None:
    """Fetch in a folder of this process alone: several may, and the last one's script stays."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip(f"npm is not installed, which fetches {AXE}")
    try:
        subprocess.run(
            [npm, "pack", AXE], cwd=folder, capture_output=True, check=True, timeout=FETCH_SECONDS
        )
    except subprocess.SubprocessError as error:
        pytest.skip(f"npm cannot fetch {AXE}: {error}")
    with tarfile.open(folder / f"{AXE.replace('@', '-')}.tgz") as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        files.replace(script, lambda file: file.write(member.read()))


def fill_try(page: Page) -> None:
    page.locator("#text").fill(TEXT)
    expect(page.locator("#weights-list tr").first).to_be_visible()
    page.locator(".options summary").click()


def show_words(page: Page) -> None:
    page.get_by_text("Words", exact=True).click()


def choose_file(page: Page) -> None:
    page.locator("#views a[href='#files']").click()
    page.locator("#sample").click()
    expect(page.locator("#start")).to_be_visible()


def show_report(page: Page) -> None:
    page.locator("#start").click()
    expect(page.locator("#results .rows")).to_be_visible()


def show_models(page: Page) -> None:
    page.locator("#views a[href='#models']").click()
    expect(page.locator("#versions table").first).to_be_visible()
    page.locator(".card summary").first.click()


def open_keys(page: Page) -> None:
    page.get_by_role("button", name="Key", exact=True).click()


# One after the other.
STATES = (fill_try, show_words, choose_file, show_report, show_models, open_keys)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_axe_finds_no_fault_and_nothing_is_cut_off(
    visit: Open, site: Server, axe: str, width: int, scheme: str
) -> None:
    page = visit(site, color_scheme=scheme, viewport={"width": width, "height": 800})
    page.evaluate(axe)
    for show in STATES:
        show(page)
        found = page.evaluate("async () => (await axe.run()).violations")
        assert (show.__name__, [summary(fault) for fault in found]) == (show.__name__, [])
        assert (show.__name__, outside(page, width)) == (show.__name__, [])


def summary(fault: dict[str, Any]) -> tuple[str, str, list[str]]:
    return fault["id"], fault["impact"], [node["html"][:120] for node in fault["nodes"][:3]]


def outside(page: Page, width: int) -> list[str]:
    """What does not fit into the width."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, textarea, h3, p")]
          .filter((e) => e.checkVisibility() && !e.closest(".scroll, .unseen, .skip, .switch"))
          .filter((e) => {
            const box = e.getBoundingClientRect();
            return box.left < -1 || box.right > innerWidth + 1;
          })
          .map((e) => e.outerHTML.slice(0, 100))"""
    )
    return found


def test_all_of_it_by_keyboard(visit: Open, site: Server) -> None:
    """From the address bar to an answer, a file's report and the models, with Tab and Enter."""
    page = visit(site)
    press = page.keyboard.press

    def tab_to(selector: str, key: str = "Tab") -> None:
        for _ in range(80):
            press(key)
            if page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector):
                return
        pytest.fail(f"{key} never reaches {selector}")

    page.locator("body").press("Tab")
    tab_to("#views a[href='#try']")
    tab_to("#text")
    page.keyboard.type("Great food. Awful service.")
    expect(page.locator("#passage")).to_have_text("Great food. Awful service.")
    tab_to("summary")
    press("Enter")
    tab_to("#sentences")
    tab_to("[name=shown]")
    press("ArrowRight")
    expect(page.locator("#passage .word").first).to_be_visible()
    tab_to("#passage [role=option]")
    tab_to("[name=language]")
    press("ArrowRight")
    expect(page.locator("#snippet")).to_contain_text("urlopen")
    tab_to("#views a[href='#files']", "Shift+Tab")
    press("Enter")
    tab_to("#file")
    tab_to("#sample")
    press("Enter")
    expect(page.locator("#start")).to_be_visible()
    tab_to("#start")
    press("Enter")
    expect(page.locator("#results .rows")).to_be_visible()
    tab_to("#results .sort")
    press("Enter")
    expect(page.locator("#results th[aria-sort=ascending]")).to_have_count(1)
    tab_to("#key-button", "Shift+Tab")
    press("Enter")
    expect(page.locator("#api-key")).to_be_focused()
    press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_focus_is_seen(visit: Open, site: Server) -> None:
    page = visit(site)
    page.locator("body").press("Tab")
    for _ in range(12):
        outline = page.evaluate(
            """() => {
              const focused = document.activeElement;
              return getComputedStyle(focused.closest(".switch label") ?? focused).outlineStyle;
            }"""
        )
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")


def test_what_changes_is_said_to_a_screen_reader(visit: Open, site: Server) -> None:
    page = visit(site)
    page.locator("#text").fill(TEXT)
    expect(page.locator("#verdict .mark")).to_be_visible()
    assert page.locator("#verdict").get_attribute("aria-live") == "polite"
    for place, role in (("#status", "status"), ("#run-state", "status"), ("#try-problem", "alert")):
        assert page.locator(place).get_attribute("role") == role
    label = page.locator("#course-plot svg").get_attribute("aria-label")
    count = page.locator("#passage .sentence").count()
    assert label.startswith(f"The scores of {count} sentences")
    snapshot = json.dumps(page.locator("#probabilities").aria_snapshot())
    assert "Probability of each label" in snapshot and "negative" in snapshot
