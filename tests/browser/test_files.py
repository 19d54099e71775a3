"""The second view: files of all kinds through the batch route, whatever happens on the way."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import ADMIN_KEY, PATIENCE_MS, Open, hash_of
from tests.service.gunicorn_server import Server, launch, wait_until_ready

LABELS = ("negative", "neutral", "positive")
MANY = 50_000
# A page that does not answer for longer is frozen. Alone it takes a fifth of that; other processes
# take their share of the time.
LONGEST_BLOCK_MS = 2000


def choose(page: Page, name: str, content: str | bytes) -> None:
    """Give the view a file, as the button does."""
    if isinstance(content, str):
        content = content.encode()
    page.locator("#views a[href='#files']").click()
    file = {"name": name, "mimeType": "text/plain", "buffer": content}
    page.locator("#file").set_input_files(file)


def table(rows: list[list[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


def classify(page: Page) -> None:
    page.locator("#start").click()
    expect(page.locator("#run-state")).to_contain_text("Done", timeout=2 * PATIENCE_MS)


def download(page: Page) -> str:
    with page.expect_download() as waiting:
        page.locator("#download").click()
    return Path(waiting.value.path()).read_bytes().decode("utf-8-sig")


def sent(server: Server, texts: list[str]) -> Any:
    """What any other client is answered."""
    status, answer = server.send("POST", "/v1/predict", json.dumps({"texts": texts}))
    assert status == 200
    return answer


def test_a_file_comes_back_with_its_answers(page: Page, site: Server) -> None:
    texts = ["Great food.", "", "Zoë said “no, thanks” 😡", "two\nlines, and a comma"]
    choose(
        page, "reviews.csv", table([["id", "text"], *([str(i), t] for i, t in enumerate(texts))])
    )
    expect(page.locator("#text-column")).to_have_value("1")
    classify(page)
    rows = list(csv.DictReader(io.StringIO(download(page), newline="")))
    assert [row["text"] for row in rows] == texts
    assert list(rows[0]) == [
        "id", "text", "label", "score", *(f"probability_{label}" for label in LABELS),
        "truncated", "error",
    ]  # fmt: skip
    answer = sent(site, texts)
    for document in answer["documents"]:
        row = rows[document["index"]]
        assert row["label"] == document["label"]
        assert float(row["score"]) == pytest.approx(document["score"], abs=2e-6)
        for label in LABELS:
            expected = document["probabilities"][label]
            assert float(row[f"probability_{label}"]) == pytest.approx(expected, abs=2e-6)
        assert row["error"] == ""
    assert rows[1]["label"] == "" and "empty" in rows[1]["error"]


def test_json_lines_keep_their_values(page: Page) -> None:
    objects = [
        {"text": "=1+1 is great", "n": 1.5, "tags": ["a"]},
        {"text": "Bad 😡", "label": None},
    ]
    choose(page, "x.jsonl", "\n".join(map(json.dumps, objects)))
    page.locator("#label-column").select_option("")
    classify(page)
    back = [json.loads(line) for line in download(page).splitlines()]
    assert [
        {key: row[key] for key in was} for row, was in zip(back, objects, strict=True)
    ] == objects
    assert back[0]["model_label"] in LABELS  # the file has a label of its own
    assert back[0]["model_truncated"] is False and back[0]["model_error"] is None


def test_labels_are_compared_with_the_answers(page: Page, site: Server) -> None:
    texts = [f"The {word} day was here." for word in ("good", "bad", "long", "wet", "odd", "cold")]
    stars = ["5", "1", "3", "4", "2", ""]
    truths = ["positive", "negative", "neutral", "positive", "negative", None]
    choose(page, "x.csv", table([["review", "label"], *map(list, zip(texts, stars, strict=True))]))
    expect(page.locator(".meaning")).to_have_count(6)
    classify(page)
    answers = [document["label"] for document in sent(site, texts)["documents"]]
    right = sum(a == t for a, t in zip(answers, truths, strict=True))
    expect(page.locator(".display")).to_have_text(f"{100 * right / 5:.1f} %")
    cells = page.locator(".matrix tbody td:not(.figure)").all_inner_texts()
    assert list(map(int, cells)) == [
        sum((t, a) == (truth, label) for t, a in zip(truths, answers, strict=True))
        for truth in LABELS
        for label in LABELS
    ]
    expect(page.locator(".mistakes li")).to_have_count(5 - right)
    page.locator("#filter-judged").select_option("wrong")
    expect(page.locator(".pages")).to_contain_text(f"of {5 - right} row")


def test_rows_are_sorted_filtered_and_opened(page: Page) -> None:
    rows = [[f"Text number {i} {'is long ' * (i % 7)}"] for i in range(60)]
    choose(page, "x.csv", table([["text"], *rows]))
    classify(page)
    body = page.locator("#results .rows tbody")
    expect(body.locator("tr")).to_have_count(25)
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".pages")).to_contain_text("26 to 50 of 60 rows")
    page.get_by_role("button", name="Length").click()
    page.get_by_role("button", name="Length").click()
    head = page.locator("#results th", has_text="Length")
    expect(head).to_have_attribute("aria-sort", "descending")
    lengths = [int(text) for text in body.locator("td:nth-child(6)").all_inner_texts()]
    assert lengths == sorted(lengths, reverse=True)
    page.locator("#filter-text").fill("number 59 ")
    expect(body.locator("tr")).to_have_count(1)
    page.get_by_role("button", name="Open row 60 in Try").click()
    expect(page.locator("#text")).to_have_value(rows[59][0])
    expect(page.locator("#verdict .mark")).to_be_visible()


def test_a_hostile_file_runs_nothing_here_and_nothing_in_a_spreadsheet(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"the page ran a script: {dialog.message}"))
    hostile = [
        '=HYPERLINK("http://127.0.0.1/","x")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        '<img src=x onerror="alert(1)">great',
        "<script>alert(2)</script>bad",
        "javascript:alert(3)",
        '"><svg onload=alert(4)>',
    ]
    head = '=1+1"><img src=x onerror=alert(5)>'
    choose(page, "<b>x.csv", table([["text", head], *([text, "<i>label</i>"] for text in hostile)]))
    page.locator("#label-column").select_option("1")
    expect(page.locator(".meaning")).to_have_count(1)
    page.locator(".meaning").select_option("positive")
    classify(page)
    expect(page.locator("#results")).to_contain_text("<script>alert(2)</script>bad")
    assert page.locator("main img, main script, main b, main i").count() == 0
    rows = list(csv.reader(io.StringIO(download(page), newline="")))
    assert rows[0][1] == f"'{head}"
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in hostile[:5]] + hostile[5:]
    for row in rows:
        for cell in row:
            assert not cell or cell[0] not in "=+-@\t\r" or float(cell) < 0


def test_many_rows_leave_the_page_awake(page: Page, tmp_path: Path) -> None:
    """50,000 rows: the page answers keys meanwhile, and its figures count each row once."""
    rows = [[f"{i}", f"The day was good, and number {i} was late."] for i in range(MANY)]
    page.evaluate(
        """() => {
          window.longest = 0;
          const note = (task) => { window.longest = Math.max(window.longest, task.duration); };
          new PerformanceObserver((list) => list.getEntries().forEach(note))
            .observe({ type: "longtask" });
        }"""
    )
    path = tmp_path / "many.csv"  # bytes that are handed over would be decoded in the page
    path.write_text(table([["id", "text"], *rows]), encoding="utf-8", newline="")
    page.locator("#views a[href='#files']").click()
    page.locator("#file").set_input_files(path)
    page.locator("#start").click()
    expect(page.locator("#run-state")).to_contain_text(" left")
    page.locator("#views a[href='#try']").click()
    page.locator("#text").fill("Typed meanwhile.")
    expect(page.locator("#passage")).to_have_text("Typed meanwhile.")
    page.locator("#views a[href='#files']").click()
    expect(page.locator("#run-state")).to_contain_text(
        "Done: 50,000 rows", timeout=10 * PATIENCE_MS
    )
    expect(page.locator(".pages")).to_contain_text("of 50,000 rows")
    page.get_by_role("button", name="Text", exact=True).click()
    page.get_by_role("button", name="Confidence").click()
    page.locator("#filter-text").fill("number 49999 ")
    expect(page.locator(".pages")).to_contain_text("of 1 row")
    found = list(csv.DictReader(io.StringIO(download(page), newline="")))
    assert [row["id"] for row in found] == [row[0] for row in rows]
    assert all(row["label"] in LABELS and not row["error"] for row in found)
    assert page.evaluate("window.longest") < LONGEST_BLOCK_MS


def slow_down(route: Route) -> None:
    time.sleep(0.3)
    route.continue_()


def test_a_run_is_cancelled_and_gone_on_with(page: Page) -> None:
    page.route("**/v1/predict", slow_down)
    choose(page, "x.csv", table([["text"], *([f"Row {i} is good."] for i in range(2000))]))
    page.locator("#start").click()
    expect(page.locator("#run-state")).to_contain_text(" left")
    page.locator("#cancel").click()
    expect(page.locator("#run-state")).to_contain_text("Cancelled after")
    expect(page.locator("#results")).to_be_visible()  # what there is so far
    rows = list(csv.DictReader(io.StringIO(download(page), newline="")))
    open_rows = [row for row in rows if row["error"] == "not classified"]
    assert 0 < len(open_rows) < len(rows) == 2000
    page.unroute("**/v1/predict")
    page.locator("#resume").click()
    expect(page.locator("#run-state")).to_contain_text(f"Done: {len(open_rows):,} rows")
    assert all(row["label"] for row in csv.DictReader(io.StringIO(download(page), newline="")))


def test_a_failed_piece_is_tried_again(visit: Open, site: Server) -> None:
    """A proxy's error page, and a connection that breaks."""
    page = visit(site, failing=True)
    failures = iter([503, None])

    def fail_twice(route: Route) -> None:
        status = next(failures, 200)
        if status == 200:
            route.continue_()
        elif status is None:
            route.abort("connectionreset")
        else:
            route.fulfill(status=status, headers={"Retry-After": "1"}, body="<h1>a proxy's</h1>")

    page.route("**/v1/predict", fail_twice)
    choose(page, "x.csv", table([["text"], *([f"Row {i} is good."] for i in range(100))]))
    classify(page)
    assert next(failures, "none left") == "none left"
    assert all(row["label"] for row in csv.DictReader(io.StringIO(download(page), newline="")))


def test_pieces_that_are_too_large_on_the_way_are_halved(visit: Open, site: Server) -> None:
    page = visit(site, failing=True)

    def refuse_large(route: Route) -> None:
        texts = json.loads(route.request.post_data)["texts"]
        if len(texts) > 3 or "endless" in texts:
            route.fulfill(status=413, body="Request Entity Too Large")
        else:
            route.continue_()

    page.route("**/v1/predict", refuse_large)
    texts = [*(f"Row {i} is good." for i in range(20)), "endless"]
    choose(page, "x.csv", table([["text"], *([text] for text in texts)]))
    classify(page)
    rows = list(csv.DictReader(io.StringIO(download(page), newline="")))
    assert all(row["label"] for row in rows[:20])
    assert rows[20]["label"] == "" and "413" in rows[20]["error"]


def test_texts_keep_to_the_service_s_limits(
    visit: Open, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The page knows the limits, so the service never has to say 413; but to one text too large."""
    folder = tmp_path_factory.mktemp("limits")
    limits = {"MAX_BODY_BYTES": "3000", "MAX_DOCUMENTS": "7"}
    server = launch(folder, MODELS=str(models), WORKERS="1", **limits)
    try:
        wait_until_ready(server)
        page = visit(server, failing=True)
        choose(page, "x.csv", table([["text"], *([f"Row {i} 😡 is good."] for i in range(100))]))
        classify(page)
        statuses = {line["status"] for line in server.lines("out") if line["path"] == "/v1/predict"}
        assert statuses == {200}
        page.locator("#views a[href='#try']").click()
        page.locator("#text").fill("Good. " * 1000)
        expect(page.locator("#try-problem")).to_contain_text("larger than 3000 bytes")
        expect(page.locator("#verdict")).to_have_text("No answer")
    finally:
        server.end()


def test_a_service_that_is_stopped_in_the_middle(
    visit: Open, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stopped")
    settings = {"MODELS": str(models), "WORKERS": "1", "ADMIN_KEY": hash_of(ADMIN_KEY)}
    server = launch(folder, **settings)
    try:
        wait_until_ready(server)
        page = visit(server, failing=True)
        page.route("**/v1/predict", slow_down)
        choose(page, "x.csv", table([["text"], *([f"Row {i} is good."] for i in range(1000))]))
        page.locator("#start").click()
        expect(page.locator("#run-state")).to_contain_text(" left")
        server.stop()
        expect(page.locator("#run-state")).to_contain_text("Trying again in")
        server = launch(folder, PORT=str(server.port), **settings)
        wait_until_ready(server)
        page.unroute("**/v1/predict")
        finished = page.locator("#run-state", has_text="Done")
        gave_up = page.locator("#resume:visible")
        expect(finished.or_(gave_up).first).to_be_visible(timeout=2 * PATIENCE_MS)
        if gave_up.is_visible():  # a busy machine took longer to start than the page waits
            gave_up.click()
        expect(page.locator("#run-state")).to_contain_text("Done")
        rows = list(csv.DictReader(io.StringIO(download(page), newline="")))
        assert len(rows) == 1000 and all(row["label"] for row in rows)
    finally:
        server.end()


def test_a_refused_key_stops_at_once(visit: Open, site: Server) -> None:
    page = visit(site, failing=True)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        error = {"code": "unauthenticated", "message": "The key is not known.", "target": None}
        route.fulfill(status=401, json={"error": error})

    page.route("**/v1/predict", refuse)
    choose(page, "x.csv", "text\nGood.\n")
    page.locator("#start").click()
    expect(page.locator("#files-problem")).to_have_text("The key is not known.")
    expect(page.locator("#resume")).to_be_visible()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", "", "no rows"),
        ("x.parquet", "PAR1", "CSV, TSV and JSONL"),
        ("x.jsonl", "[]\n", "no line that is a JSON object"),
    ],
)
def test_what_is_no_table_is_said(page: Page, name: str, content: str, told: str) -> None:
    choose(page, name, content)
    expect(page.locator("#files-problem")).to_contain_text(told)


def test_a_file_is_dropped(page: Page) -> None:
    page.locator("#views a[href='#files']").click()
    data = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['text\\nGood.\\nBad.\\n'], 'dropped.csv')); return data; }"
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    expect(page.locator("#choose")).to_contain_text("dropped.csv")
    expect(page.locator("#start")).to_have_text("Classify 2 rows")


def test_the_sample_is_the_model_s_to_read(page: Page) -> None:
    page.locator("#views a[href='#files']").click()
    page.locator("#sample").click()
    classify(page)
    expect(page.locator(".display")).to_contain_text("%")


def test_a_sample_that_does_not_come_is_said(visit: Open, site: Server) -> None:
    page = visit(site, "/#files", failing=True)
    page.route("**/sample.csv", lambda route: route.abort())
    page.locator("#sample").click()
    expect(page.locator("#files-problem")).to_contain_text("cannot be reached")


def test_the_file_that_was_chosen_last_is_shown(page: Page) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        route.continue_() if held else held.append(route)

    page.route("**/v1/models", hold_the_first)
    choose(page, "first.csv", "text\nGood.\n")
    expect(page.locator("#opening")).to_have_text("Reading first.csv…")
    choose(page, "second.csv", "text\nGood.\nBad.\n")
    expect(page.locator("#start")).to_have_text("Classify 2 rows")
    with page.expect_response("**/v1/models"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#choose")).to_contain_text("second.csv")
    expect(page.locator("#opening")).to_be_empty()
