"""The third view: versions compared, activated and rolled back."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import ADMIN_KEY, Open
from tests.service.gunicorn_server import Server


@pytest.fixture
def page(visit: Open, site: Server) -> Page:
    page = visit(site, "/#models", failing=True)
    expect(page.locator("#versions table").first).to_be_visible()
    return page


def give_key(page: Page, key: str) -> None:
    page.get_by_role("button", name="Key", exact=True).click()
    page.locator("#admin-key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_hidden()


def test_versions_and_their_cards(page: Page) -> None:
    rows = page.locator("#versions .rows").first.locator("tbody tr")
    assert [row.locator("th").inner_text() for row in rows.all()] == ["3", "2", "1"]
    expect(page.locator("tr.current")).to_contain_text("serving")
    page.locator(".card summary").first.click()
    expect(page.locator(".card").first).to_contain_text("A model with random weights")


def test_what_serves_is_asked_without_a_key(page: Page, site: Server) -> None:
    for version in ("2", "3"):
        page.get_by_label(f"Version {version}", exact=True).uncheck()
    page.locator("#compared-text").fill("Great food 😡")
    page.get_by_role("button", name="Compare").click()
    _, answer = site.send("POST", "/v1/predict", json.dumps({"text": "Great food 😡"}))
    label = answer["documents"][0]["label"]
    expect(page.locator(".side-by-side article")).to_have_count(1)
    expect(page.locator(".side-by-side .mark")).to_have_text(label)


def test_versions_side_by_side(page: Page) -> None:
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#models-problem")).to_contain_text("no key in the request")
    give_key(page, "a wrong one")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#models-problem")).to_contain_text("The key is not known")
    give_key(page, ADMIN_KEY)
    page.get_by_role("button", name="Compare").click()
    articles = page.locator(".side-by-side article")
    expect(articles).to_have_count(3)
    expect(articles.nth(0)).to_contain_text("is not what was saved")  # 3 is damaged
    shown = [articles.nth(i).locator(".bars tbody").inner_text() for i in (1, 2)]
    assert shown[0] == shown[1] != ""  # they have the same weights


def test_a_view_that_comes_late_undoes_nothing(page: Page) -> None:
    held: list[Route] = []
    page.route("**/versions", lambda route: held.append(route))
    page.get_by_role("button", name="Key", exact=True).click()
    page.locator("#api-key").fill("for a view of its own")
    page.locator("#admin-key").fill(ADMIN_KEY)
    page.keyboard.press("Enter")
    page.locator("#compared-text").fill("Great food 😡")
    page.get_by_role("button", name="Compare").click()
    articles = page.locator(".side-by-side article")
    expect(articles).to_have_count(3)
    (late,) = held
    with page.expect_response("**/versions"):
        late.continue_()
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(articles).to_have_count(3)
    expect(page.locator("#compared-text")).to_have_value("Great food 😡")


def test_a_refusal_that_comes_late_is_said(page: Page) -> None:
    give_key(page, ADMIN_KEY)
    held: list[Route] = []
    page.route("**:activate", lambda route: held.append(route))
    page.get_by_role("button", name="Activate version 3").click()
    page.get_by_role("button", name="Yes", exact=True).click()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".side-by-side article")).to_have_count(3)
    (late,) = held
    late.continue_()
    expect(page.locator("#models-problem")).to_contain_text("is not what was saved")
    expect(page.locator(".side-by-side article")).to_have_count(3)


def test_activating_and_rolling_back(page: Page, site: Server) -> None:
    page.get_by_role("button", name="Activate version 2").click()
    expect(page.locator("#keys")).to_be_visible()  # the key is asked for
    page.locator("#admin-key").fill(ADMIN_KEY)
    page.keyboard.press("Enter")
    for name, answer, serving in (
        ("Activate version 2", "No", "1"),
        ("Activate version 2", "Yes", "2"),
        ("Roll back", "Yes", "1"),
    ):
        page.get_by_role("button", name=name).click()
        page.get_by_role("button", name=answer, exact=True).click()
        expect(page.locator("#status")).to_have_text(f"default, version {serving}")
        expect(page.locator("tr.current th")).to_have_text(serving)
    assert site.send("GET", "/readyz")[1]["model"]["version"] == "1"


def test_a_damaged_version_is_refused(page: Page) -> None:
    give_key(page, ADMIN_KEY)
    page.get_by_role("button", name="Activate version 3").click()
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.locator("#models-problem")).to_contain_text("is not what was saved")
    expect(page.locator("tr.current th")).to_have_text("1")
