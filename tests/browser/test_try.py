"""The first view: a text classified while it is typed, and what of the answer is shown."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import API_KEY, Open, hash_of
from tests.service.gunicorn_server import Server, launch, wait_until_ready

TEXT = "😡 The food was great. 👍 But the service was awful 😡! We left."
# What a snippet is pasted into.
SHELLS = {
    "curl": ["sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "--eval"],
}
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script> "\'&amp; great </textarea>'


def ask(server: Server, body: object, key: str = "") -> Any:
    """What any other client is answered."""
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    url = f"http://127.0.0.1:{server.port}/v1/predict"
    with urlopen(Request(url, json.dumps(body).encode(), headers)) as response:
        return json.load(response)["documents"][0]


def answered(page: Page, text: str) -> None:
    """Wait until the text's own answer is shown, the weights of its words too."""
    expect(page.locator("#passage")).to_have_text(text)
    expect(page.locator("#try")).not_to_have_attribute("aria-busy", "true")


def test_typing_is_classified_without_a_button(page: Page, site: Server) -> None:
    page.locator("#text").press_sequentially("The food was great.")
    answered(page, "The food was great.")
    document = ask(site, {"text": "The food was great."})
    expect(page.locator("#verdict .mark")).to_have_text(document["label"])
    rows = page.locator("#probabilities tr")
    shown = {
        row.locator("th").inner_text(): row.locator(".figure").inner_text() for row in rows.all()
    }
    assert shown == {
        label: f"{100 * value:.1f} %" for label, value in document["probabilities"].items()
    }
    expect(page.locator("#facts")).to_contain_text("default, version 1")
    expect(page.locator("#facts")).to_contain_text(" ms in the service")


def test_typing_asks_seldom_and_an_outdated_answer_is_never_shown(page: Page) -> None:
    asked: list[str] = []

    def hold_the_first(route: Route) -> None:
        asked.append(json.loads(route.request.post_data)["text"])
        if len(asked) > 1:
            route.continue_()

    page.route("**/v1/predict", hold_the_first)
    with page.expect_request("**/v1/predict") as first:
        page.locator("#text").fill("The first text.")
    expect(page.locator("#try")).to_have_attribute("aria-busy", "true")
    with page.expect_event("requestfailed") as cancelled:  # at the first key, not after the pause
        page.locator("#text").press_sequentially(" And some more, quickly.", delay=5)
    assert cancelled.value == first.value
    answered(page, "The first text. And some more, quickly.")
    assert 3 <= len(asked) < 10


def test_sentences_are_coloured_where_the_service_says(page: Page, site: Server) -> None:
    """Offsets are code points: an emoji before a sentence must not shift it."""
    page.locator("#text").fill(TEXT)
    answered(page, TEXT)
    sentences = ask(site, {"text": TEXT, "options": {"sentences": True}})["sentences"]
    shown = page.locator("#passage .sentence")
    assert shown.all_inner_texts() == [sentence["text"] for sentence in sentences]
    assert len(sentences) > 2
    for place, sentence in zip(shown.all(), sentences, strict=True):
        assert sentence["label"] in place.get_attribute("class").split()
    shown.nth(1).hover()
    expected = f"{100 * sentences[1]['probabilities']['negative']:.1f} %"
    expect(page.locator("#detail")).to_contain_text(f"negative {expected}")
    points = page.locator("#course-plot circle")
    assert points.count() == len(sentences)


def test_sentences_are_reached_by_the_arrow_keys(page: Page) -> None:
    page.locator("#text").fill(TEXT)
    answered(page, TEXT)
    options = page.locator("#passage [role=option]")
    page.locator("[name=shown]:checked").focus()
    page.keyboard.press("Tab")
    expect(options.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(options.nth(1)).to_be_focused()
    expect(page.locator("#detail")).to_contain_text("positive")
    page.keyboard.press("End")
    expect(options.last).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("[name=shown]:checked")).to_be_focused()


def test_words_by_weight_and_those_that_are_unknown(page: Page, site: Server) -> None:
    text = "It was 中 a zqxjwv day 😡 we loved 龍"
    page.locator("#text").fill(text)
    answered(page, text)
    page.get_by_text("Words", exact=True).click()
    document = ask(site, {"text": text, "options": {"explain": True}})
    tokens = document["explanation"]["tokens"]
    assert page.locator("#passage .word").all_inner_texts() == [token["text"] for token in tokens]
    assert page.locator("#passage .unknown").all_inner_texts() == [
        token["text"] for token in tokens if token["unknown"]
    ]
    strongest = max(tokens, key=lambda token: abs(token["weight"]))
    expect(page.locator("#weights-list")).to_contain_text(strongest["text"])
    expect(page.locator("#facts")).to_contain_text(
        f"Unknown words{document['statistics']['unknown_tokens']}"
    )


def test_what_was_not_read_is_marked(page: Page, site: Server) -> None:
    text = "It was a good day 😡. " * 20
    page.locator("#text").fill(text)
    page.locator(".options summary").click()
    page.locator("#overflow").select_option("truncate")
    expect(page.locator("#warnings")).to_contain_text("was not read")
    read = ask(site, {"text": text, "options": {"overflow": "truncate"}})["read"]
    end = read["offset"] + read["length"]
    assert page.locator(".unread").all_text_contents() == [text[end:]]
    page.locator(".unread").hover()
    expect(page.locator("#detail")).to_have_text("not read")


def test_what_cannot_be_classified_is_said(visit: Open, site: Server) -> None:
    page = visit(site, failing=True)
    page.locator("#text").fill("<b></b>")
    expect(page.locator("#try-problem")).to_contain_text("make a token")
    page.locator("#text").fill("Better.")
    answered(page, "Better.")
    expect(page.locator("#try-problem")).to_be_hidden()
    page.locator("#text").fill("")
    expect(page.locator("#verdict")).to_have_text("No text yet")
    expect(page.locator("#try")).not_to_have_attribute("aria-busy", "true")


def test_the_answer_does_not_wait_for_the_weights_of_the_words(visit: Open, site: Server) -> None:
    page = visit(site, failing=True)
    held: list[Route] = []

    def hold_the_weights(route: Route) -> None:
        weighs = json.loads(route.request.post_data)["options"].get("explain")
        held.append(route) if weighs else route.continue_()

    page.route("**/v1/predict", hold_the_weights)
    page.locator("#text").fill(TEXT)
    expect(page.locator("#verdict .mark")).to_be_visible()
    expect(page.locator("#passage .sentence").first).to_be_visible()
    assert page.locator("#weights-list tr").count() == 0
    held.pop().continue_()
    answered(page, TEXT)
    assert page.locator("#weights-list tr").count() > 0
    page.locator("#text").fill("Great food.")
    expect(page.locator("#passage")).to_have_text("Great food.")
    held.pop().abort()  # what is known is kept
    expect(page.locator("#try-problem")).to_contain_text("cannot be reached")
    expect(page.locator("#verdict .mark")).to_be_visible()
    expect(page.locator("#weights")).to_be_hidden()


def test_a_text_of_markup_stays_a_text(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"the page ran a script: {dialog.message}"))
    page.locator("#text").fill(HOSTILE)
    answered(page, HOSTILE)
    page.get_by_text("Words", exact=True).click()
    expect(page.locator("#passage .word").first).to_be_visible()
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("language", ["curl", "Python"])
def test_the_calls_that_are_shown_do_what_the_page_did(
    page: Page, site: Server, language: str
) -> None:
    text = 'It\'s "great" 😡 \\ $HOME `x`\n%s 100%'
    page.locator("#text").fill(text)
    expect(page.locator("#request")).to_be_visible()
    page.get_by_text(language, exact=True).click()
    snippet = page.locator("#snippet").inner_text()
    options = {"sentences": True, "explain": True, "overflow": "window"}
    expected = ask(site, {"text": text, "options": options})
    command = ["sh", "-c", snippet] if language == "curl" else [sys.executable, "-c", snippet]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    if language == "curl":
        assert json.loads(run.stdout)["documents"][0] == expected
    else:
        assert run.stdout.strip() == expected["sentiment"]


def test_the_javascript_call_too(page: Page) -> None:
    page.locator("#text").fill('It\'s "great" 😡')
    expect(page.locator("#request")).to_be_visible()
    page.get_by_text("JavaScript", exact=True).click()
    snippet = page.locator("#snippet").inner_text().replace("console.log", "return String")
    shown = page.locator("#verdict .mark").inner_text()
    assert page.evaluate(f"(async () => {{ {snippet} }})()") == shown


def test_a_link_opens_the_same_text_and_no_log_holds_it(
    visit: Open, page: Page, site: Server
) -> None:
    secret = "Nobody else may read this & that 😡."
    page.locator("#text").fill(secret)
    answered(page, secret)
    page.get_by_role("button", name="Copy a link").click()
    expect(page.locator("#copied")).not_to_be_empty()
    link = page.url
    assert "#try?text=" in link
    other = visit(site, link.partition(str(site.port))[2])
    answered(other, secret)
    assert "Nobody" not in (site.folder / "out").read_text()
    assert "Nobody" not in (site.folder / "err").read_text()


def test_nothing_is_asked_of_another_host(visit: Open, site: Server) -> None:
    page = visit(site)
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.reload()
    page.locator("#text").fill(TEXT)
    answered(page, TEXT)
    assert hosts == {f"127.0.0.1:{site.port}"}


def test_a_service_with_keys_and_then_none(
    visit: Open, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    server = launch(folder, MODELS=str(models), WORKERS="1", API_KEYS=hash_of(API_KEY))
    try:
        wait_until_ready(server)
        page = visit(server, failing=True)
        expect(page.locator("#status")).to_have_text("The service asks for a key")
        page.locator("#text").fill("Great.")
        expect(page.locator("#try-problem")).to_contain_text("no key in the request")
        page.get_by_role("button", name="Key", exact=True).click()
        page.locator("#api-key").fill("a wrong one")
        page.keyboard.press("Enter")
        expect(page.locator("#try-problem")).to_contain_text("The key is not known")
        page.get_by_role("button", name="Key", exact=True).click()
        page.locator("#api-key").fill(API_KEY)
        page.keyboard.press("Enter")
        answered(page, "Great.")
        expect(page.locator("#status")).to_have_text("default, version 1")
        environ = os.environ | {"SENTIMENT_KEY": API_KEY}
        shown = page.locator("#verdict .mark").inner_text()
        for language, command in SHELLS.items():
            page.get_by_text(language, exact=True).click()
            snippet = page.locator("#snippet").inner_text()
            assert API_KEY not in snippet
            if program := shutil.which(command[0]):
                run = subprocess.run(
                    [program, *command[1:], snippet],
                    env=environ, capture_output=True, text=True, check=True,
                )  # fmt: skip
                assert shown in run.stdout
        server.stop()
        page.locator("#text").fill("Great again.")
        expect(page.locator("#try-problem")).to_contain_text("cannot be reached")
        expect(page.locator("#status")).to_have_text("The service does not answer")
    finally:
        server.end()


def test_a_model_of_values(
    visit: Open, stars_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A regression answers a number: no label, no bars; and a file is not for this page."""
    folder = tmp_path_factory.mktemp("values")
    server = launch(folder, MODELS=str(stars_root), MODEL="stars", WORKERS="1")
    try:
        wait_until_ready(server)
        page = visit(server)
        page.locator("#text").fill(TEXT)
        answered(page, TEXT)
        document = ask(server, {"text": TEXT, "options": {"sentences": True}})
        expect(page.locator("#verdict")).to_have_text(f"{document['value']:.4g}")
        page.locator("#passage .sentence").nth(1).hover()
        expect(page.locator("#detail")).to_have_text(
            f"value {document['sentences'][1]['value']:.4g}"
        )
        expect(page.locator("#course-caption")).to_contain_text("The value of each sentence")
        page.get_by_text("Words", exact=True).click()
        expect(page.locator("#legend")).to_contain_text("raises the valuelowers the value")
        page.get_by_text("Python", exact=True).click()
        command = [sys.executable, "-c", page.locator("#snippet").inner_text()]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        assert float(run.stdout) == document["value"]
        page.locator("#views a[href='#files']").click()
        page.locator("#sample").click()
        expect(page.locator("#files-problem")).to_contain_text("python -m training predict")
        page.locator("#views a[href='#models']").click()
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".side-by-side .mark")).to_be_visible()
    finally:
        server.end()


def test_without_javascript_the_page_says_what_the_api_offers(visit: Open, site: Server) -> None:
    page = visit(site, java_script_enabled=False)
    expect(page.get_by_role("heading", name="What the API offers")).to_be_visible()
    expect(page.locator(".plain")).to_contain_text("POST /v1/predict")
    expect(page.locator(".plain")).to_contain_text(f"http://127.0.0.1:{site.port}/v1/predict")
    expect(page.locator("#try")).to_be_hidden()
