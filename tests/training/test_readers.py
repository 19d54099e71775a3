"""Data files of each format, and what is said of those that cannot be used."""

import json
import logging

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from training.rows.decoding import DataError
from training.rows.readers import read, read_taught


@pytest.fixture
def write(tmp_path):
    """Write a file into the temporary folder and give its path."""

    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def parquet(tmp_path):
    def parquet(columns):
        path = tmp_path / "reviews.parquet"
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
        return path

    return parquet


def message(path, **options):
    """What is said of a file that cannot be read, without the folder."""
    with pytest.raises(DataError) as error:
        read(path, **options)
    assert error.value.code == "bad_data"
    return str(error.value).replace(str(path.parent) + "/", "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(write, delimiter, end):
    lines = ["id|label|text", "1|positive|Great", "", '2|negative|"Awful, slow; a\twaste"']
    rows = read(write("reviews.csv", end.join(lines).replace("|", delimiter) + end))
    assert rows.texts == ["Great", "Awful, slow; a\twaste"]
    assert rows.labels == ["positive", "negative"]
    assert rows.lines == [2, 4]
    assert rows.where(1).endswith("reviews.csv, line 4")


def test_delimiter_is_taken_from_the_header_not_from_the_texts(write):
    rows = read(write("reviews.csv", "text;label\nGood, cheap, fast, small;positive\n"))
    assert rows.texts == ["Good, cheap, fast, small"]
    assert read(
        write("a.csv", '"text";"label, as given"\nGood;1\n'), label="label, as given"
    ).labels


def test_quoted_line_ends_keep_line_numbers(write):
    rows = read(write("r.csv", 'text,label\n"one\ntwo ""three""\n",a\nfour,b\n'))
    assert rows.texts == ['one\ntwo "three"\n', "four"]
    assert rows.lines == [2, 5]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.jsonl"])
def test_byte_order_marks(write, mark, name):
    content = {
        "r.csv": "text,label\nSchön 😀,positive\n",
        "r.tsv": "text\tlabel\nSchön 😀\tpositive\n",
        "r.jsonl": '{"text": "Schön 😀", "label": "positive"}\n',
    }[name]
    assert read(write(name, content, mark)).texts == ["Schön 😀"]


def test_encoding(write):
    path = write("r.csv", "text,label\nGood,positive\nCafé – très bon,positive\n", "cp1252")
    assert read(path, encoding="cp1252").texts[1] == "Café – très bon"
    said = message(path)
    assert "r.csv, line 3: not valid utf-8 (byte 0xe9 after 'Caf')" in said
    assert "--encoding cp1252" in said
    assert 'cannot decode it as "klingon"' in message(path, encoding="klingon")


def test_tab_separated_stray_quotes_are_characters(write):
    lines = ['"Great" they said\tpositive', '"never again\tnegative', '"Yes ""so"""\t"neutral"']
    rows = read(write("r.tsv", "text\tlabel\n" + "\n".join(lines)))
    assert rows.texts == ['"Great" they said', '"never again', 'Yes "so"']
    assert rows.labels == ["positive", "negative", "neutral"]


def test_tab_separated_quoted_line_ends(write):
    rows = read(write("r.tsv", 'text\tlabel\n"one\n\ttwo"\tpositive\nthree\tnegative\n'))
    assert rows.texts == ["one\n\ttwo", "three"]
    assert rows.lines == [2, 4]


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".JSONL"])
def test_json_lines(write, suffix):
    values = [("a\u2028b\x85c", "x"), ("two", 1), ("three", True), ("four", 2.0), ("five", 0.5)]
    lines = [json.dumps({"text": t, "label": v}, ensure_ascii=False) for t, v in values]
    rows = read(write("r" + suffix, "\r\n".join(lines)))
    assert rows.texts[0] == "a\u2028b\x85c"
    assert rows.labels == ["x", "1", "true", "2", "0.5"]
    assert rows.lines == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["negative", " positive "], ["negative", "positive"]),
        ([0, 1], ["0", "1"]),
        ([0.0, 1.0], ["0", "1"]),
        ([False, True], ["false", "true"]),
        (pyarrow.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
    ],
)
def test_parquet(parquet, labels, expected):
    rows = read(parquet({"label": labels, "text": ["One", "Two"], "stars": [1, 2]}))
    assert rows.texts == ["One", "Two"]
    assert rows.labels == expected
    assert rows.lines == [1, 2]
    assert rows.where(1).endswith("reviews.parquet, row 2")


def test_column_names_and_aliases(write):
    path = write("r.csv", "review,stars\nGood, 1 \nBad,0\nSo so,neutral\n")
    rows = read(path, text="review", label="stars", aliases={"0": "negative", "1": "positive"})
    assert rows.labels == ["positive", "negative", "neutral"]


def test_unlabelled(write, parquet):
    assert read(write("r.txt", "One\r\n\nTwo\n"), labelled=False).texts == ["One", "Two"]
    assert read(write("r.txt", "\ufeffOne"), labelled=False).lines == [1]
    rows = read(parquet({"text": ["One"]}), labelled=False)
    assert rows.labels is None and rows.texts == ["One"]


def test_rows_without_text_are_counted(write, caplog):
    with caplog.at_level(logging.WARNING):
        rows = read(write("r.csv", "text,label\nGood,a\n,a\n  ,b\nBad,b\n,\n"))
    assert rows.texts == ["Good", "Bad"] and rows.lines == [2, 5]
    assert "skipped 3 without text: line 3, 4, 6" in caplog.text


def test_empty_texts_of_json_and_parquet_are_skipped(write, parquet):
    path = write("r.jsonl", '{"text": null, "label": "a"}\n{"text": "x", "label": "a"}\n')
    assert read(path).lines == [2]
    assert read(parquet({"text": [None, "x", " "], "label": ["a", "a", "a"]})).lines == [2]


def test_a_very_long_cell(write):
    text = "good " * 100_000
    assert read(write("r.csv", f"text,label\n{text},positive\n")).texts == [text]


def test_many_rows(write):
    lines = [f'"Row {number}, said ""well""",{number % 3}' for number in range(50_000)]
    rows = read(write("r.csv", "text,label\n" + "\n".join(lines)))
    assert len(rows.texts) == 50_000
    assert rows.texts[-1] == 'Row 49999, said "well"' and rows.lines[-1] == 50_001


@pytest.mark.parametrize("empty", ["", " ", "nan", "NaN", "null"])
def test_missing_label_csv(write, empty):
    said = message(write("r.csv", f"text,label\nGood,a\nBad,{empty}\n"))
    assert said.startswith("r.csv, line 3: the label is missing (found ")


@pytest.mark.parametrize("value", ["NaN", "null", '""', "Infinity"])
def test_missing_label_json(write, value):
    said = message(write("r.jsonl", '\n{"text": "Good", "label": %s}\n' % value))  # noqa: UP031
    assert said.startswith("r.jsonl, line 2: the label is missing")


@pytest.mark.parametrize("labels", [[1.0, float("nan")], [1.0, None], ["a", None]])
def test_missing_label_parquet(parquet, labels):
    said = message(parquet({"text": ["Good", "Bad"], "label": labels}))
    assert said.startswith("reviews.parquet, row 2: the label is missing")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("r.csv", "", ["r.csv: the file is empty"]),
        ("r.csv", "text,label\n", ["r.csv: no row holds text (0 empty)"]),
        ("r.csv", "text,label\n,a\n", ["no row holds text (1 empty)"]),
        ("r.csv", "\n\n", ['there is no column "text"; the columns are none']),
        ("r.xlsx", "x", ['".xlsx" file', ".csv, .tsv, .jsonl, .ndjson and .parquet will do"]),
        ("r.txt", "Good\n", ['".txt" file', "for unlabelled text"]),
        (
            "r.csv",
            "Texts,label\nGood,a\n",
            ['no column "text"', '"Texts", "label"', 'Did you mean "Texts"?', "--text-column"],
        ),
        (
            "r.csv",
            "\ntext,labels\nGood,a\n",
            ["r.csv, line 2 (the header)", 'Did you mean "labels"?', "--label-column"],
        ),
        (
            "r.csv",
            "text,text,label\nGood,x,a\n",
            ['2 columns are named "text"; rename all but one'],
        ),
        (
            "r.csv",
            "text,label\nGood,a\nBad\n",
            ["r.csv, line 3: the number of cells is 1", "has 2"],
        ),
        (
            "r.csv",
            "text,label\nBad, very bad,a\n",
            ["line 2: the number of cells is 3", "a comma must stand in double quotes"],
        ),
        (
            "r.csv",
            'text,label\nOk,a\n"Good,a\nBad,b\n',
            ["r.csv, line 3: a quoted cell", 'twice ("")'],
        ),
        ("r.csv", 'text,label\n"Good" they said,a\n', ["r.csv, line 2: a quoted cell"]),
        ("r.csv", "text,label\nGood,a\nB\0d,b\n", ["line 3: the text holds a NUL", "utf-16-le"]),
        ("r.csv", "text,label\nG\0ood,a\n".encode("utf-16-le"), ["line 1: the text holds a NUL"]),
        ("r.jsonl", '{"text": "a", "label": 1}\n{"text"\n', ["line 2: not a JSON object"]),
        ("r.jsonl", "[" * 100_000, ["r.jsonl, line 1: not a JSON object"]),
        (
            "r.jsonl",
            '[{"text": "a", "label": 1}]',
            ["line 1: [{", "Each line must be one, such as"],
        ),
        (
            "r.jsonl",
            '{"text": "a", "labels": 1}',
            ["line 1", 'no column "label"', 'Did you mean "labels"?', "--label-column"],
        ),
        ("r.jsonl", '{"text": 5, "label": 1}', ["line 1: the text is 5 (int), not a string"]),
        (
            "r.jsonl",
            '{"text": "a", "label": [1]}',
            ["line 1: the label is [1] (list), not a string"],
        ),
        ("r.jsonl", r'{"text": "a\ud800", "label": 1}', ["line 1: the text holds", "(U+D800)"]),
        ("r.jsonl", r'{"text": "a", "label": "\udc00"}', ["line 1: the label holds", "(U+DC00)"]),
        ("r.jsonl", r'{"text": "a\u0000", "label": 1}', ["line 1: the text holds a NUL"]),
        ("r.jsonl", b'\xff\xfe{\x00"', ["r.jsonl, line 1: not valid utf-16-le"]),
        ("r.parquet", "no parquet", ["r.parquet: not a readable Parquet file"]),
    ],
)
def test_what_is_said(write, name, content, expected):
    said = message(write(name, content))
    for part in expected:
        assert part in said


def test_what_is_said_of_parquet(parquet):
    said = message(parquet({"text": ["a"], "Label": ["b"]}))
    assert 'no column "label"; the columns are "text", "Label". Did you mean "Label"?' in said
    assert "row 1: the text is 5 (int)" in message(parquet({"text": [5], "label": ["b"]}))
    broken = pyarrow.array([b"\xff"]).view(pyarrow.string())
    assert "not valid UTF-8" in message(parquet({"text": broken, "label": ["b"]}))


def test_files_that_are_not_there(tmp_path):
    assert "cannot be read: No such file" in message(tmp_path / "none.csv")
    assert "cannot be read: Is a directory" in message(tmp_path)


TAUGHT = "negative,text,positive,neutral\n"


def taught_message(path) -> str:
    with pytest.raises(DataError) as error:
        read_taught(path, ("negative", "neutral", "positive"))
    return str(error.value).replace(str(path.parent) + "/", "")


def test_what_a_teacher_said_is_read_in_the_order_of_the_labels(write):
    path = write("taught.csv", TAUGHT + "0.1,Fine by me,0.7,0.2\n,,,\n0.25,So so,0.25,0.501\n")
    rows, probabilities = read_taught(path, ("negative", "neutral", "positive"))
    assert rows.texts == ["Fine by me", "So so"] and rows.lines == [2, 4]
    assert probabilities.dtype == np.float32
    assert probabilities[0] == pytest.approx([0.1, 0.2, 0.7])
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("0.1,Fine,0.7,much", "taught.csv, line 2: \"neutral\" is 'much', not a probability"),
        ("0.1,Fine,1.7,0.2", "\"positive\" is '1.7', not a probability from 0 to 1."),
        ("nan,Fine,0.7,0.2", "\"negative\" is 'nan', not a probability"),
        ("0.1,Fine,0.7,0.4", "of negative, neutral, positive add up to 1.2, not to 1."),
    ],
)
def test_what_is_no_probability_is_refused(write, cells, expected):
    assert expected in taught_message(write("taught.csv", TAUGHT + cells + "\n"))


def test_a_teacher_that_knows_another_label_is_refused(write):
    said = taught_message(write("taught.csv", "text,negative,postive\nFine,0.3,0.7\n"))
    assert 'no column "neutral"' in said and "It holds a teacher's probability of neutral." in said
