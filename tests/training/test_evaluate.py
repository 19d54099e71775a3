"""`evaluate` on a small model: figures, notes, slices, mistakes, and the three kinds of report."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from sentiment.classifier import Classifier
from training.__main__ import main
from training.config import DataConfig
from training.evaluation import evaluate, labelled
from training.evaluation.measures import measure
from training.rows.decoding import DataError

TEXTS = [
    f"{start} {word} {noun}{end}"
    for start in ("The", "Not a", "We had one")
    for word in ("good", "awful", "second", "zzqx")
    for noun in ("evening", "film about a bus")
    for end in ("!", " 😡", ", fish & chips")
]  # 72


@pytest.fixture(scope="module")
def answers(classifier: Classifier) -> list[str]:
    """What the model says of each text."""
    return [prediction.label for prediction in classifier.predict(TEXTS)]


def write(path: Path, rows: list[tuple[str, ...]], header=("text", "label")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(path: Path, classifier: Classifier, *others: str) -> labelled.Labelled:
    return labelled.read(DataConfig(), [path], classifier.labels, others)


@pytest.fixture
def half(tmp_path, answers) -> Path:
    """Every second row has the label that the model gives it, the others have the next one."""
    following = {"negative": "neutral", "neutral": "positive", "positive": "negative"}
    rows = [
        (text, answer if number % 2 else following[answer], f"part <{number % 2}>")
        for number, (text, answer) in enumerate(zip(TEXTS, answers, strict=True))
    ]
    return write(tmp_path / "half.csv", rows, ("text", "label", "part"))


def test_the_figures_are_those_of_measure(half, classifier):
    data = read(half, classifier)
    result = evaluate.evaluate(classifier, data)
    probabilities = [list(p.probabilities.values()) for p in classifier.predict(TEXTS)]
    expected = measure(np.array(probabilities), data.examples.labels, classifier.labels)
    assert result["figures"] == expected
    assert expected["accuracy"] == 0.5
    low, high = result["intervals"]["accuracy"]
    assert 0.3 < low < 0.5 < high < 0.7
    assert sum(one["rows"] for one in result["calibration"]) == 72
    assert result["left_out"] == 0 and result["notes"] == []


def test_slices_share_the_rows_out(half, classifier):
    result = evaluate.evaluate(classifier, read(half, classifier, "part"))
    by: dict[str, int] = {}
    for one in result["slices"]:
        by[one["by"]] = by.get(one["by"], 0) + one["rows"]
        assert one["interval"][0] <= one["accuracy"] <= one["interval"][1]
        assert one["interval"][0] < one["interval"][1]
    assert by == {"length": 72, "unknown words": 72, "part": 72}
    found = {one["value"]: one["accuracy"] for one in result["slices"]}
    assert (found["part <0>"], found["part <1>"]) == (0, 1)


def test_a_slice_by_length_is_by_tokens(tmp_path, classifier):
    rows = [("bus " * 12, "negative"), ("bus", "positive"), ("bus " * 30, "neutral")]
    result = evaluate.evaluate(classifier, read(write(tmp_path / "r.csv", rows), classifier))
    lengths = [one["value"] for one in result["slices"] if one["by"] == "length"]
    assert lengths == ["up to 10 tokens", "11 to 20 tokens", "21 to 50 tokens"]


def test_values_past_the_most_common_are_one_slice(tmp_path, classifier, answers):
    rows = [
        (text, answer, str(number) if number < 30 else "common")
        for number, (text, answer) in enumerate(zip(TEXTS, answers, strict=True))
    ]
    path = write(tmp_path / "r.csv", rows, ("text", "label", "id"))
    result = evaluate.evaluate(classifier, read(path, classifier, "id"))
    found = {one["value"]: one["rows"] for one in result["slices"] if one["by"] == "id"}
    assert found["common"] == 42 and len(found) == 21
    assert found["(all other values)"] == 11


def test_mistakes_are_told_surest_first_with_their_place(half, classifier):
    mistakes = evaluate.evaluate(classifier, read(half, classifier))["mistakes"]
    assert len(mistakes) == 20
    sureness = [one["confidence"] for one in mistakes]
    assert sureness == sorted(sureness, reverse=True)
    for one in mistakes:
        line = int(re.fullmatch(rf"{half}, line (\d+)", one["place"])[1])
        assert one["text"] == TEXTS[line - 2]
        assert one["answer"] != one["label"]


def test_excerpts_are_short_and_hold_nothing_that_a_terminal_obeys():
    assert labelled.one_line("a\n b\x1b[31m\u202ec") == "a b[31mc"
    assert len(labelled.one_line("word " * 100)) <= 160


def test_a_class_without_a_row_is_said_and_never_answered(tmp_path, classifier, answers):
    rows = [
        (text, "neutral" if answer == "neutral" else "negative")
        for text, answer in zip(TEXTS, answers, strict=True)
    ]
    result = evaluate.evaluate(classifier, read(write(tmp_path / "r.csv", rows), classifier))
    share = answers.count("positive") / len(answers)
    assert 0.2 < share < 0.8
    assert result["figures"]["classes"] == ["negative", "neutral"]
    assert f"Left free, the model says positive on {share:.1%} of the rows." in result["notes"][0]
    assert {one["answer"] for one in result["mistakes"]} <= {"negative", "neutral"}


def test_rows_without_a_token_are_left_out(tmp_path, classifier):
    rows = [("<b></b>", "neutral"), ("good", "positive"), ("bad", "negative")]
    result = evaluate.evaluate(classifier, read(write(tmp_path / "r.csv", rows), classifier))
    assert (result["left_out"], result["figures"]["rows"]) == (1, 2)
    data = read(write(tmp_path / "s.csv", [rows[0], rows[1]]), classifier)
    with pytest.raises(DataError, match="s.csv: of 2 rows 1 hold .* two different labels"):
        evaluate.evaluate(classifier, data)


def test_a_file_that_the_model_was_made_from_is_told(half, make_bundle):
    from training.rows.dataset import fingerprint

    made = make_bundle()
    entry = {"role": "train", **fingerprint(half)}
    object.__setattr__(made, "manifest", made.manifest.model_copy(update={"data": [entry]}))
    classifier = Classifier(made, name="new", version="1")
    (note,) = evaluate.evaluate(classifier, read(half, classifier))["notes"]
    assert note.startswith("half.csv is one of the files that new/1 was made from (train)")
    entry["role"] = "test"  # was only read, to learn nothing from it
    assert evaluate.evaluate(classifier, read(half, classifier))["notes"] == []


def test_reports(half, bundle_root, tmp_path, capsys):
    rows = half.read_text(encoding="utf-8") + '"<script>alert(1)</script> ""x"" & y",negative,\n'
    half.write_text(rows, encoding="utf-8")
    page, figures = tmp_path / "report.html", tmp_path / "figures.json"
    arguments = ["evaluate", str(bundle_root / "default"), str(half), "--slice", "part"]
    assert main([*arguments, "--html", str(page), "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    result = json.loads(figures.read_text(encoding="utf-8"))
    html = page.read_text(encoding="utf-8")

    assert said.startswith("default/1 on 73 rows of half.csv\n")
    assert f"{result['figures']['accuracy']:.3f}" in said and "part: part <1>" in said
    assert result["mistakes"][0]["text"] in said

    assert "part &lt;1&gt;" in html and "<1>" not in html
    assert "<script" not in html
    assert html.count("<svg") == 1 and "currentColor" in html
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|url\((?!#)|@import""", html)
    assert "default-src 'none'" in html
    assert "prefers-color-scheme: dark" in html
    for one in result["slices"]:
        assert f"{one['accuracy']:.3f}" in html


def test_what_comes_from_the_data_is_escaped(tmp_path, bundle_root, classifier):
    text = '<script>alert(1)</script> "quoted" <img src=x onerror=alert(1)> it is a bus'
    (prediction,) = classifier.predict([text])
    wrong = next(label for label in classifier.labels if label != prediction.label)
    other = next(label for label in classifier.labels if label not in (wrong, prediction.label))
    path = write(tmp_path / "a<b>.csv", [(text, wrong), ("good", other), ("x", prediction.label)])
    page = tmp_path / "report.html"
    command = ["evaluate", str(bundle_root / "default"), str(path), "--html", str(page)]
    assert main(command) == 0
    html = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &#34;quoted&#34;" in html
    assert "a&lt;b&gt;.csv" in html
    assert "<img" not in html and "<script" not in html and "<b>.csv" not in html

    assert main([*command, "--no-text"]) == 0
    assert "alert(1)" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (
            "text,label\nfine,5\nbad,1\n",
            [],
            'label "5" is not one of negative, neutral, positive. An alias can map it, as in '
            "--alias 5=negative.",
        ),
        ("text,label\nfine,Positive\n", [], "--alias Positive=positive."),
        ("text,label\nfine,positive\nbad,negative\n", ["--slice", "lang"], 'no column "lang"'),
        ("text,label\nfine,positive\nbad,negative\n", ["--json", "no/where"], "cannot be written"),
        ("text,label\nfine,positive\nbad,negative\n", ["--alias", "x"], "expected FROM=TO"),
        ("text,label\nfine,positive\nok,positive\n", [], "at least two labels are needed"),
    ],
)
def test_mistakes_of_the_caller(tmp_path, bundle_root, capsys, rows, arguments, message):
    path = tmp_path / "r.csv"
    path.write_text(rows, encoding="utf-8")
    assert main(["evaluate", str(bundle_root / "default"), str(path), *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.out == ""


def test_columns_and_aliases_are_read_as_a_fit_does(tmp_path, bundle_root, capsys):
    path = tmp_path / "r.csv"
    path.write_bytes("review;stars\ncafé good;5\nbad;1\n".encode("cp1252"))
    options = "--text-column review --label-column stars --encoding cp1252 --alias 5=positive"
    command = ["evaluate", str(bundle_root / "default" / "1"), str(path), *options.split()]
    assert main([*command, "--alias", "1=negative"]) == 0
    assert "on 2 rows of r.csv" in capsys.readouterr().out
