"""Files of rows and their answers: what is added, what is kept, what is wrong, what goes on."""

import csv
import datetime
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from training.__main__ import main
from training.offline import predict as predicting
from training.offline.partial import OutputError
from training.offline.predict import Options, predict
from training.offline.scoring import MAX_TEXT_CHARACTERS
from training.rows.decoding import DataError

ROOT = Path(__file__).parents[2]
ADDED = ["label", "score", "probability_negative", "probability_neutral", "probability_positive"]
ADDED += ["unknown_rate", "truncated", "error"]
TEXTS = ["A wonderful evening!", "The lamp broke at once.", "We loved the quiet room 😀"]


@pytest.fixture
def run(bundle_root, tmp_path):
    """Score the content of a file in this process; give the output's bytes and the summary."""

    def run(name, content, output=None, *, resume=False, **options):
        path, written = tmp_path / name, tmp_path / (output or f"out-{name}")
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        chosen = Options(**{"workers": 1, **options})
        summary = predict(bundle_root / "default" / "1", path, written, chosen, resume=resume)
        return written.read_bytes(), summary

    return run


def table(data: bytes, delimiter=",") -> list[dict[str, str]]:
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines(True), delimiter=delimiter))


def objects(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.decode().splitlines()]


def left(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir() if ".partial" in path.name)


def test_the_answers_are_the_classifier_s_in_the_order_of_the_rows(run, classifier, tmp_path):
    texts = [f"{text} {'again ' * (number % 7)}" for number, text in enumerate(TEXTS * 20)]
    content = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    data, summary = run("r.jsonl", content, batch=7)
    rows = objects(data)
    assert [row["text"] for row in rows] == texts
    for row, known in zip(rows, classifier.predict(texts), strict=True):
        assert list(row) == ["text", *ADDED]
        assert row["label"] == known.label and row["error"] is None
        assert row["score"] == pytest.approx(known.score, abs=1e-5)
        for label, probability in known.probabilities.items():
            assert row[f"probability_{label}"] == pytest.approx(probability, abs=1e-5)
        statistics = known.statistics
        unknown_rate = statistics.unknown_tokens / statistics.words
        assert row["unknown_rate"] == pytest.approx(unknown_rate, abs=1e-6)
        assert row["truncated"] is False
    assert (summary.rows, summary.bad) == (60, {})
    assert left(tmp_path) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_of_a_table_stay_as_they_are_written(run, delimiter, end):
    header = "id|text|note"
    rows = ['007|"A ""fine"" day"|=1+1', "-3|Bad; slow,\ta waste|'@SUM(A1)", '"8"| So so |+4 ']
    rows[1] = rows[1].replace(delimiter, "")
    written = [line.replace("|", delimiter) for line in (header, *rows)]
    data, _ = run("r.csv", end.join(written))
    lines = data.decode().split(end)
    assert lines.pop() == ""
    assert lines[0] == delimiter.join((written[0], *ADDED))
    for before, after in zip(written[1:], lines[1:], strict=True):
        assert after.startswith(before + delimiter)
    texts = [row["text"] for row in csv.DictReader(lines, delimiter=delimiter)]
    assert texts == ['A "fine" day', "Bad; slow,\ta waste".replace(delimiter, ""), " So so "]


def test_stray_quotes_of_a_tab_separated_file(run):
    data, summary = run("r.tsv", 'text\tid\n"Great" they said\t1\n"never again\t2\n')
    lines = data.decode().splitlines()
    assert lines[1].startswith('"Great" they said\t1\t')
    assert lines[2].startswith('"never again\t2\t')
    assert summary.bad == {}


@pytest.mark.parametrize("name", ["r.csv", "r.tsv"])
def test_a_table_of_one_column(run, name):
    data, summary = run(name, 'text\n"Great food\nand drink"\n""\n\nAwful\n')
    rows = table(data, "\t" if name == "r.tsv" else ",")
    assert [row["text"] for row in rows] == ["Great food\nand drink", "", "Awful"]
    assert summary.rows == 3
    assert summary.bad == {"empty_text": 1}


def test_a_line_of_json_keeps_its_characters(run):
    lines = ['{"n": 1.0000000000000000001, "text": "Good" ,"a": 1e2, "a": "é" }', '{"text":"Bad"}']
    data, _ = run("r.jsonl", "\r\n".join(lines))
    written = data.decode().splitlines()
    assert written[0].startswith(lines[0][:-2] + ', "label": ')
    assert written[1].startswith('{"text":"Bad", "label": ')


def test_types_of_parquet(run, tmp_path):
    columns = {
        "when": pyarrow.array(
            [datetime.datetime(2025, 1, d) for d in (1, 2, 3)], pyarrow.timestamp("us", "UTC")
        ),
        "text": pyarrow.array(TEXTS).dictionary_encode(),
        "price": [Decimal("1.10"), None, Decimal("2.25")],
        "small": pyarrow.array([1, 2, None], pyarrow.int8()),
        "words": [["a"], [], None],
        "raw": [b"\xff", b"", b"a"],
    }
    before = pyarrow.table(columns).replace_schema_metadata({"made": "up"})
    pyarrow.parquet.write_table(before, tmp_path / "r.parquet", row_group_size=2)
    before = pyarrow.parquet.read_table(tmp_path / "r.parquet")
    for batch in (1, 2, 2048):
        _, summary = run("r.parquet", None, batch=batch)
        after = pyarrow.parquet.read_table(tmp_path / "out-r.parquet")
        assert after.select(before.column_names).equals(before)
        assert after.schema.metadata[b"made"] == b"up"
        assert after.column_names == [*before.column_names, *ADDED]
        types = [str(after.schema.field(name).type) for name in ADDED]
        assert types == ["string", *["double"] * 5, "bool", "string"]
        assert after["error"].null_count == 3 == summary.rows
        assert left(tmp_path) == []


def test_bad_cells_of_parquet(run, tmp_path, caplog):
    texts = pyarrow.array([b"Good", b"\xff", None, b"  "]).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"text": texts}), tmp_path / "r.parquet")
    _, summary = run("r.parquet", None)
    after = pyarrow.parquet.read_table(tmp_path / "out-r.parquet", columns=ADDED)
    assert after["label"].null_count == 3 and after["truncated"].null_count == 3
    assert "row 2: a cell is not valid UTF-8" in after["error"][1].as_py()
    assert summary.bad == {"bad_data": 1, "empty_text": 2}
    assert "r.parquet, row 3: The text is empty." in caplog.text


def test_a_parquet_without_rows(run, tmp_path):
    empty = pyarrow.table({"text": pyarrow.array([], pyarrow.string())})
    pyarrow.parquet.write_table(empty, tmp_path / "r.parquet")
    _, summary = run("r.parquet", None)
    assert summary.rows == 0
    assert pyarrow.parquet.read_table(tmp_path / "out-r.parquet").column_names == ["text", *ADDED]


def test_bad_rows_of_a_table_keep_their_place(run, caplog):
    rows = ["a,Good", "b,", "c", "d,Bad, very bad", 'e,"So, so', "f,Fine", 'g,"a\nb"', 'h,"x" y']
    rows += ["i,caf\udce9", "j,O\0K", "k,Nice"]
    data, summary = run("r.csv", "\n".join(["id,text", *rows]).encode("utf-8", "surrogateescape"))
    answers = table(data)
    assert [row["id"] for row in answers] == ["a", "b", "", "", "", "f", "g", "", "i", "j", "k"]
    bad = {number: row["error"] for number, row in enumerate(answers) if row["error"]}
    expected = {
        1: "line 3: The text is empty.",
        2: "line 4: the number of cells is 1, but the header has 2",
        3: "line 5: the number of cells is 3",
        4: "line 6: a quoted cell is not closed",
        7: "line 10: a quoted cell is not closed",
        8: "line 11: not valid utf-8 (byte 0xe9 after 'i,caf')",
        9: "line 12: the text holds a NUL character",
    }
    assert bad.keys() == expected.keys()
    for number, message in expected.items():
        assert message in bad[number] and bad[number] in caplog.text
        assert all(answers[number][name] == "" for name in ADDED[:-1])
    assert answers[6]["text"] == "a\nb" and answers[8]["text"] == "caf\ufffd"
    assert all(answers[i]["label"] for i in (0, 5, 6, 10))
    assert summary.rows == 11 and summary.bad == {"empty_text": 1, "bad_data": 6}


def test_a_quote_that_nothing_closes_takes_no_row_with_it(run):
    data, summary = run("r.csv", 'text\n"Oh\n' + "Fine by me\n" * 3000, batch=500)
    assert [row["text"] for row in table(data)] == [""] + ["Fine by me"] * 3000
    assert summary.bad == {"bad_data": 1}


def test_bad_lines_of_json(run):
    lines = ['{"text": "Good", "id": 1}', '{"text"', "[1]", '{"id": 4}', '{"text": 5}', ""]
    lines += ['{"text": "a\\ud800"}', "{}", '{"text": null}', "[" * 100_000]
    data, summary = run("r.jsonl", "\n".join(lines))
    rows = objects(data)
    assert [row.get("id") for row in rows] == [1, None, None, 4, *[None] * 5]
    assert "error" in rows[2] and list(rows[1]) == ADDED
    errors = [row["error"] or "" for row in rows]
    for number, message in enumerate(
        (
            "",
            "line 2: not a JSON object",
            "line 3: [1] is not a JSON object",
            'line 4: there is no column "text"; the columns are "id"',
            "line 5: the text is 5 (int), not a string",
            "line 7: the text holds a lone surrogate (U+D800)",
            'line 8: there is no column "text"',
            "line 9: The text is empty",
            "line 10: not a JSON object",
        )
    ):
        assert message in errors[number]
    assert summary.bad == {"bad_data": 7, "empty_text": 1}


def test_what_is_told_of_many_bad_rows_has_an_end(run, caplog):
    _, summary = run("r.csv", "text,id\n" + ",1\n" * 100, batch=9)
    assert caplog.text.count("The text is empty") == 20
    assert 'and 80 more; the column "error" has all' in caplog.text
    assert summary.bad == {"empty_text": 100}


def test_long_texts(run):
    content = f"text\n{'Nice ' * 60}\n{'x' * (MAX_TEXT_CHARACTERS + 1)}\nGood\n"
    for overflow, truncated, codes in (
        ("window", ["false", "", "false"], {"text_too_long": 1}),
        ("truncate", ["true", "", "false"], {"text_too_long": 1}),
        ("error", ["", "", "false"], {"text_too_long": 2}),
    ):
        data, summary = run("r.csv", content, overflow=overflow)
        assert [row["truncated"] for row in table(data)] == truncated
        assert summary.bad == codes


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.jsonl"])
def test_compressed_files(run, name, packed):
    rows = [["text", "id"], *([text, str(i)] for i, text in enumerate(TEXTS * 5))]
    content = "\n".join((",", "\t")[name == "r.tsv"].join(row) for row in rows)
    if name == "r.jsonl":
        content = "\n".join(json.dumps({"text": text, "id": id}) for text, id in rows[1:])
    data, _ = run(name, content, batch=4)
    packed_name = f"out-{name}.gz" if packed else None
    again, _ = run(
        f"{name}.gz", gzip.compress(content.encode()), packed_name or "o-" + name, batch=4
    )
    assert (gzip.decompress(again) if packed else again) == data


def test_encodings(run):
    data, _ = run("r.csv", "text,id\nCafé – très bon,ü\n".encode("cp1252"), encoding="cp1252")
    assert data.decode().splitlines()[1].startswith("Café – très bon,ü,")
    data, _ = run("u.csv", "text,id\nSchön 😀,ü\n".encode("utf-16"))
    assert data.decode().startswith("\ufefftext,id,label")  # as a spreadsheet expects it
    assert table(data)[0]["text"] == "Schön 😀"


def test_a_prefix_against_a_clash(run, tmp_path):
    for name, content in (
        ("r.csv", "text,label\nGood,x\n"),
        ("r.jsonl", '{"text": "Good", "label": "x"}\n'),
    ):
        with pytest.raises(DataError, match='there is a column "label" already.*--prefix'):
            run(name, content)
        data, _ = run(name, content, prefix="our_")
        (row,) = table(data) if name == "r.csv" else objects(data)
        assert list(row) == ["text", "label", *("our_" + column for column in ADDED)]
        assert row["label"] == "x"
    pyarrow.parquet.write_table(
        pyarrow.table({"text": ["a"], "score": [1]}), tmp_path / "r.parquet"
    )
    with pytest.raises(DataError, match='there is a column "score" already'):
        run("r.parquet", None)
    assert left(tmp_path) == []


# The time is fixed: every process must give a test the same name.
CUT_OFF = gzip.compress(b'{"text": "Good"}\n' * 9, mtime=0)[:-9]


@pytest.mark.parametrize(
    ("name", "content", "output", "expected"),
    [
        ("r.csv", "review\nGood\n", None, 'no column "text"; the columns are "review"'),
        ("r.jsonl", '{"review": "Good"}\n', None, 'line 1: there is no column "text"'),
        ("r.txt", "Good\n", None, 'cannot score a ".txt" file'),
        ("r.csv", "text\nGood\n", "o.jsonl", "the output has the format of the input, .csv"),
        ("r.csv", "", None, "r.csv: the file is empty"),
        ("r.csv.gz", "text\nGood\n", None, "r.csv.gz: cannot be read"),
        ("r.jsonl.gz", CUT_OFF, None, "cannot be read"),
        ("r.parquet", "text", None, "not a readable Parquet file"),
        ("r.csv", "text\nGood\n", "no/o.csv", "cannot be written: No such file"),
        ("r.csv", "text\nGood\n", "r.csv", "r.csv: is the input"),
    ],
)
def test_what_is_refused(run, tmp_path, name, content, output, expected):
    with pytest.raises((DataError, OutputError), match=re.escape(expected)):
        run(name, content, output)
    assert left(tmp_path) == []


def test_options_that_will_not_do():
    for name in ("batch", "workers"):
        with pytest.raises(DataError, match=f"--{name} 0: must be 1 or more"):
            Options(**{name: 0})


@pytest.fixture
def interrupt(monkeypatch):
    """Have the third block of the next run interrupted, as Ctrl-C does it."""

    def interrupt():
        score, calls = predicting.score, iter((False, False, True))

        def scored(*arguments, **options):
            if next(calls, False):
                raise KeyboardInterrupt
            return score(*arguments, **options)

        monkeypatch.setattr(predicting, "score", scored)

    return interrupt


def rows_of(name: str) -> bytes:
    texts = [f"{text} {number}" for number, text in enumerate(TEXTS * 9)]
    if name == "r.csv":
        return ("text,id\n" + "".join(f"{text},{i}\n" for i, text in enumerate(texts))).encode()
    if name.startswith("r.jsonl"):
        content = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
        return gzip.compress(content) if name.endswith("gz") else content
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"text": texts}), sink, row_group_size=7)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("damage", ["none", "half a block more", "a block less", "half a line"])
@pytest.mark.parametrize("name", ["r.csv", "r.jsonl", "r.jsonl.gz", "r.parquet"])
def test_an_interrupted_output_is_gone_on_with(run, tmp_path, interrupt, name, damage):
    whole, _ = run(name, rows_of(name), "whole-" + name, batch=5)
    interrupt()
    with pytest.raises(KeyboardInterrupt, match="--resume goes on after 10 rows"):
        run(name, None, batch=5)
    assert not (tmp_path / f"out-{name}").exists()
    partial, journal = (tmp_path / part for part in left(tmp_path))
    with pytest.raises(OutputError, match="an interrupted run left this.*--resume"):
        run(name, None, batch=5)
    if damage == "half a block more":
        partial.write_bytes(partial.read_bytes() + b"half")
    elif damage == "a block less":
        partial.write_bytes(partial.read_bytes()[:-3])
    elif damage == "half a line":
        journal.write_bytes(journal.read_bytes()[:-4])
    data, summary = run(name, None, batch=5, resume=True)
    assert summary.rows == 27
    assert data == whole
    assert left(tmp_path) == []


def test_the_bad_rows_before_an_interruption_are_counted_too(run, interrupt):
    content = "text,id\n" + ",0\n" * 12 + "Good,1\n"
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        run("r.csv", content, batch=5)
    assert run("r.csv", None, batch=4, resume=True)[1].bad == {"empty_text": 12}


def test_another_input_or_option_cannot_go_on(run, tmp_path, interrupt):
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        run("r.csv", rows_of("r.csv"), batch=5)
    with pytest.raises(OutputError, match="begun with --overflow 'window' and now it is 'error'"):
        run("r.csv", None, overflow="error", resume=True)
    with pytest.raises(OutputError, match="begun with size "):
        run("r.csv", rows_of("r.csv") + b"More,99\n", resume=True)
    assert len(left(tmp_path)) == 2


def test_resume_without_anything_to_go_on_with_begins(run):
    data, summary = run("r.csv", rows_of("r.csv"), resume=True)
    assert summary.rows == 27 and len(table(data)) == 27


def test_a_run_from_the_command_line(bundle_root, tmp_path, capsys):
    (tmp_path / "r.csv").write_text("text,id\nGood,1\n,2\n", encoding="utf-8")
    paths = [str(bundle_root / "default"), str(tmp_path / "r.csv"), str(tmp_path / "o.csv")]
    assert main(["predict", *paths, "--workers", "1"]) == 0
    said = capsys.readouterr().err
    assert re.search(
        r"2 rows in .* s, 1 of them without an answer \(1 empty_text\): .*o\.csv", said
    )
    assert main(["predict", *paths, "--workers", "1", "--text-column", "review"]) == 2
    assert "error: " in capsys.readouterr().err


def command(bundle_root, *arguments) -> list[str]:
    return [sys.executable, "-m", "training", "predict", str(bundle_root / "default"), *arguments]


@pytest.mark.slow
def test_several_processes_give_what_one_gives(run, bundle_root, tmp_path):
    """And a run of several that is killed leaves no process, and can be gone on with."""
    whole, _ = run("r.csv", rows_of("r.csv"), "whole.csv", batch=50)
    arguments = [str(tmp_path / "r.csv"), str(tmp_path / "o.csv"), "--workers", "2", "--batch", "3"]
    with subprocess.Popen(
        command(bundle_root, *arguments), cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        journal = tmp_path / "o.csv.partial.journal"
        while process.poll() is None and not (
            journal.exists() and len(journal.read_bytes().splitlines()) > 5
        ):
            time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "o.csv").exists()
    deadline = time.monotonic() + 60
    while any(os.path.exists(f"/proc/{child}/exe") for child in children):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.1)
    subprocess.run(command(bundle_root, *arguments, "--resume"), cwd=ROOT, check=True)
    assert (tmp_path / "o.csv").read_bytes() == whole


@pytest.mark.slow
def test_standard_input_and_output(run, bundle_root):
    content = rows_of("r.jsonl")
    whole, _ = run("r.jsonl", content)
    done = subprocess.run(
        command(bundle_root, "-", "-", "--workers", "1"),
        cwd=ROOT,
        input=content,
        capture_output=True,
        check=True,
    )
    assert done.stdout == whole
    assert b"27 rows in" in done.stderr
