"""What the page's modules compute, in the browser that runs them, held against Python's own."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tests.service.gunicorn_server import Server

Call = Callable[..., Any]

# Cells with all that quoting is about, and characters of one, two and four bytes.
CELLS = st.text(alphabet='ab ,;\t"\r\n=é\u4e2d😡', max_size=8)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def workbench(chromium: Browser, site: Server) -> Iterator[Page]:
    """One page for all: no module that is called here touches it."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{site.port}/")
    yield page
    context.close()


@pytest.fixture
def call(workbench: Page) -> Call:
    """Return a function that runs JavaScript with a module `m` and arguments `a`."""

    def run(module: str, program: str, *arguments: Any) -> Any:
        return workbench.evaluate(
            f"async ([name, a]) => {{ const m = await import(name); {program} }}",
            [f"/playground/{module}.js", list(arguments)],
        )

    return run


@pytest.mark.parametrize(
    "text", ["", "plain", "😡 a 👩‍👩‍👧 b", "𝒳y", "e\u0301 ñ", "中文。好", "a\r\nb", "🇩🇪🇫🇷"]
)
def test_offsets_are_code_points(call: Call, text: str) -> None:
    program = "const u = m.unitsOf(a[0]); return a[1].map((i) => a[0].slice(0, u(i)))"
    places = list(range(len(text) + 1))
    assert call("offsets", program, text, places) == [text[:i] for i in places]
    assert call("offsets", "return m.countCodePoints(a[0])", text) == len(text)


def test_a_text_cut_at_its_parts_is_all_of_the_text(call: Call) -> None:
    text = "😡 Great food. 👍 Awful service 😡!"
    spans = [(2, 11), (16, 13), (30, 1)]
    parts = [{"offset": offset, "length": length} for offset, length in spans]
    program = "return m.cutAt(a[0], a[1]).map(({ text, part }) => [text, part !== null])"
    pieces = call("offsets", program, text, parts)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, is_part in pieces if is_part] == [
        text[offset : offset + length] for offset, length in spans
    ]


def test_csv_is_read_as_python_reads_it(call: Call) -> None:
    program = """
      const step = (text, size, i) => text.slice(i * size, (i + 1) * size);
      return a[0].map(([text, delimiter, size]) => {
        const reader = new m.DelimitedReader(delimiter);
        const pieces = [...Array(Math.ceil(text.length / size)).keys()];
        const found = pieces.flatMap((i) => reader.push(step(text, size, i)));
        return [...found, ...reader.end().records];
      });"""
    files: list[tuple[str, str, int]] = []

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(table=TABLES, delimiter=st.sampled_from(",;\t"), step=st.integers(1, 9))
    def collect(table: list[list[str]], delimiter: str, step: int) -> None:
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=delimiter).writerows(table)
        files.append((file.getvalue(), delimiter, step))

    collect()
    # What nobody would write, and everybody meets.
    files += [(text, ",", 1) for text in ('a"b,"c"d\r\n', '"a""b"\n\n"",x\r1,', ",\n", '"\r\n",1')]
    expected = [
        [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        for text, delimiter, _ in files
    ]
    assert call("delimited", program, files) == expected


def test_csv_is_written_so_that_python_reads_it(call: Call) -> None:
    table = [["a,b", 'say "so"', "two\r\nlines", "", "plain"], ["\t", "1.5", "é😡", ";", "'"]]
    for delimiter in ",\t":
        text = call(
            "delimited", "return a[0].map((r) => m.writeRecord(r, a[1])).join('')", table, delimiter
        )
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        assert [[cell.removeprefix("'") for cell in row] for row in rows] == [
            [cell.removeprefix("'") for cell in row] for row in table
        ]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+49 30 1234", "'+49 30 1234"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("-0.98", "-0.98"),
        ("+1e-7", "+1e-7"),
        ("-1-1", "'-1-1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised(call: Call, cell: str, written: str) -> None:
    assert call("delimited", "return m.neutralised(a[0])", cell) == written


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("text,label\na;b,1\n", ","),
        ("text;label\n1,5;2\n2,5;3\n", ";"),
        ("a\tb\n1,2\t3\n", "\t"),
        ("text\nno delimiter at all\n", ","),
        ('"a;b;c",d\n"e;f",g\n', ","),
    ],
)
def test_the_delimiter_is_guessed(call: Call, head: str, delimiter: str) -> None:
    assert call("delimited", "return m.guessDelimiter(a[0])", head) == delimiter


def test_json_lines_in_any_pieces(call: Call) -> None:
    objects = [{"text": "a\u2028b 😡", "n": 1}, {"text": None}, {"nested": {"x": [1, 2]}}]
    lines = [json.dumps(item, ensure_ascii=False) for item in objects]
    text = "\n".join([lines[0], "", "[1]", lines[1], "{broken", lines[2]])
    program = """
      const reader = new m.JsonLinesReader();
      const found = [];
      const [text, step] = a;
      for (let i = 0; i < text.length; i += step) {
        found.push(...reader.push(text.slice(i, i + step)));
      }
      found.push(...reader.end());
      return [found, reader.problems.map(({ line }) => line)];"""
    for step in (1, 7, 1000):
        assert call("jsonlines", program, text, step) == [objects, [3, 5]]


READ = (
    "const table = await m.readTable(new File([new Uint8Array(a[0])], a[1]));"
    " return { ...table, guess: m.guessColumns(table) }"
)


@pytest.mark.parametrize(
    ("name", "content", "columns", "rows"),
    [
        ("x.csv", "id,text\n1,ä\n2,b\n", ["id", "text"], [["1", "ä"], ["2", "b"]]),
        ("x.csv", "\ufeffid;text\r\n1;a,b\r\n", ["id", "text"], [["1", "a,b"]]),
        ("x.tsv", 'text\tlabel\n"a\tb"\tc\n', ["text", "label"], [["a\tb", "c"]]),
        ("x.jsonl", '{"text": "a", "n": 1}\n{"text": "b"}', ["text", "n"], [["a", "1"], ["b", ""]]),
        ("x.txt", '{"text": "a"}\n', ["text"], [["a"]]),
        ("x.csv", "a,,a\n1,2,3\n", ["a", "column 2", "a (2)"], [["1", "2", "3"]]),
        ("x.csv", "a,b\n1\n1,2,3\n", ["a", "b"], [["1", ""], ["1", "2,3"]]),
    ],
)
def test_files_become_tables(
    call: Call, name: str, content: str, columns: list[str], rows: list[list[str]]
) -> None:
    found = call("rows", READ, list(content.encode()), name)
    assert (found["columns"], found["rows"]) == (columns, rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_encodings(call: Call, encoding: str) -> None:
    found = call("rows", READ, list("text,label\nZoë says “fine”,x\n".encode(encoding)), "x.csv")
    assert found["rows"] == [["Zoë says “fine”", "x"]]
    assert found["guess"] == {"text": 0, "label": 1}
    assert bool(found["notes"]) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", "", "no rows"),
        ("x.csv", "text,label\n", "a head and no rows"),
        ("x.jsonl", "[1]\n", "no line that is a JSON object"),
        ("x.parquet", "PAR1", "python -m training predict"),
    ],
)
def test_files_that_hold_no_rows(call: Call, name: str, content: str, told: str) -> None:
    program = (
        "try { await m.readTable(new File([new Uint8Array(a[0])], a[1])) }"
        " catch (error) { return [error instanceof m.FileError, error.message] }"
    )
    expected, message = call("rows", program, list(content.encode()), name)
    assert expected and told in message


@pytest.mark.parametrize(
    ("status", "passing"),
    [(0, True), (429, True), (502, True), (503, True), (504, True)]
    + [(400, False), (401, False), (409, False), (413, False), (422, False), (500, False)],
)
def test_which_failures_are_worth_another_try(call: Call, status: int, passing: bool) -> None:
    program = "return new m.ApiError('', { status: a[0] }).passing"
    assert call("api", program, status) is passing


def test_pieces_keep_to_rows_and_bytes(call: Call) -> None:
    program = (
        "const q = new m.Queue(a[0].keys(), (row) => a[0][row]); const taken = [];"
        " while (!q.empty) taken.push(q.take(3, 1024 + 100)); return taken"
    )
    sizes = [10, 10, 10, 10, 90, 500, 1, 1]
    assert call("pieces", program, sizes) == [[0, 1, 2], [3, 4], [5], [6, 7]]
    again = """
      const queue = new m.Queue([4, 5, 6], () => 1);
      queue.putBack(queue.take(2, 2000));
      return queue.take(9, 2000);"""
    assert call("pieces", again) == [4, 5, 6]


def test_pieces_grow_and_shrink_with_their_time(call: Call) -> None:
    program = (
        "const s = new m.PieceSize(1000); const seen = [s.rows];"
        " for (const seconds of a[0]) { s.learn(s.rows, seconds); seen.push(s.rows); } return seen"
    )
    assert call("pieces", program, [0.01] * 6) == [32, 64, 128, 256, 512, 1000, 1000]
    assert call("pieces", program, [60.0] * 6) == [32, 16, 8, 4, 2, 1, 1]
    refused = "const s = new m.PieceSize(1000); s.refuse(9); const seen = [s.rows];"
    refused += (
        " for (let i = 0; i < 3; i += 1) { s.learn(s.rows, 0.01); seen.push(s.rows); } return seen"
    )
    assert call("pieces", refused) == [4, 5, 6, 7]


FILLED = (
    "const { Outcomes } = await import('/playground/outcomes.js');"
    " const outcomes = new Outcomes(a[0].length, ['negative', 'positive']);"
    " a[0].forEach((p, i) => p === null ? outcomes.fail(i, 'empty') : outcomes.answer(i, {"
    " label: p >= 0.5 ? 'positive' : 'negative', probabilities: { positive: p, negative: 1 - p },"
    " statistics: { truncated: false } }));"
)


def test_measures_against_labels(call: Call) -> None:
    probabilities = [0.9, 0.1, 0.8, None, 0.4, 0.99]
    truths = [1, 0, 0, 1, 1, 0]
    found = call("measures", f"{FILLED} return m.compare(a[1], outcomes)", probabilities, truths)
    assert found == {"matrix": [[1, 2], [1, 1]], "counted": 5, "right": 2, "wrong": [5, 2, 4]}
    figures = call("measures", "return m.byLabel(a[0])", found["matrix"])
    assert figures == [
        {"precision": 0.5, "recall": pytest.approx(1 / 3)},
        {"precision": pytest.approx(1 / 3), "recall": 0.5},
    ]


def test_the_interval_is_wilson_s(call: Call) -> None:
    # R: prop.test(80, 100, correct = FALSE)
    found = call("measures", "return m.share(80, 100)")
    assert found == {
        "value": 0.8,
        "low": pytest.approx(0.7111708, abs=1e-6),
        "high": pytest.approx(0.8666331, abs=1e-6),
    }


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        (["positive", "Negative", "NEUTRAL"], ["positive", "negative", "neutral"]),
        (["pos", "neg", "neu"], ["positive", "negative", "neutral"]),
        (["0", "1"], ["negative", "positive"]),
        (["-1", "0", "1"], ["negative", "neutral", "positive"]),
        (["1", "2", "3", "4", "5"], ["negative", "negative", "neutral", "positive", "positive"]),
        (["spam", ""], [None, None]),
    ],
)
def test_what_labels_mean(call: Call, values: list[str], meant: list[str | None]) -> None:
    labels = ["negative", "neutral", "positive"]
    assert call("measures", "return m.guessLabels(a[0], a[1])", values, labels) == meant


def test_groups_by_length_hold_every_row_once(call: Call) -> None:
    texts = ["x" * length for length in (0, 19, 20, 99, 100, 4999, 5000, 10**5)]
    groups = call("measures", "return m.byLength(a[0])", texts)
    assert sorted(row for group in groups for row in group["rows"]) == list(range(len(texts)))
    for group in groups:
        assert all(group["from"] <= len(texts[row]) for row in group["rows"])


@pytest.mark.parametrize("text", ["plain", "a&b=c#d?e 100% + 😡\nline", "中文 “q”", ""])
@pytest.mark.parametrize("overflow", ["window", "truncate"])
def test_a_link_keeps_its_text_behind_the_hash(call: Call, text: str, overflow: str) -> None:
    program = (
        "const link = m.writeLink('http://x/p?q=1#old', a[0]);"
        " return [link.split('#')[0], m.readLink(new URL(link).hash)]"
    )
    address, state = call("link", program, {"text": text, "overflow": overflow})
    assert address == "http://x/p?q=1"
    assert (state["view"], state["text"]) == ("try", text)
    assert (state["overflow"] or "window") == overflow


def test_half_a_surrogate_pair_does_not_break_the_link(call: Call) -> None:
    program = """
      const link = m.writeLink("http://x/", { text: "a\\ud83d", overflow: "window" });
      return m.readLink(new URL(link).hash).text;"""
    assert call("link", program) == "a\ufffd"


@pytest.mark.parametrize("address", ["", "#files", "#models", "#try", "#nowhere", "#try?text"])
def test_every_address_names_a_view(call: Call, address: str) -> None:
    view = call("link", "return m.readLink(a[0]).view", address)
    assert view == (address[1:] if address in ("#files", "#models") else "try")


def test_cards_are_shown_as_text(call: Call) -> None:
    card = "# Card\n\n- **one**\n- `two` <b>x</b>\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    card += "\n\n![p](p.png)\nend"
    program = (
        "const d = document.createElement('div'); d.append(...m.markdown(a[0])); return d.innerHTML"
    )
    html = call("markdown", program, card)
    assert "<h4>Card</h4><ul><li><strong>one</strong></li>" in html
    assert "<code>two</code> &lt;b&gt;x&lt;/b&gt;" in html
    assert "<td>1</td><td>2</td>" in html
    assert "p.png" not in html and "<p>end</p>" in html
