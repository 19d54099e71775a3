"""Labels that are numbers, without TensorFlow: read, split, measured, checked, promoted."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from sentiment import bundle as bundles
from sentiment.bundle import Scale
from sentiment.classifier import Classifier
from training.__main__ import main
from training.config import ConfigError, DataConfig, parse
from training.evaluation.value_measures import intervals, measure
from training.promotion.limits import Limits
from training.promotion.values import regressions
from training.rows import sources
from training.rows.dataset import split
from training.rows.decoding import DataError
from training.rows.values import Valued

NUMBERS = DataConfig(task="regression")
TEXTS = [
    f"{start} {word} {noun}{end}"
    for start in ("The", "Not a", "We had one")
    for word in ("good", "awful", "second", "lovely")
    for noun in ("evening", "film about a bus")
    for end in ("!", " 😡", ", fish & chips")
]  # 72


def write(path: Path, labels: list, texts: list[str] = TEXTS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(zip(texts, labels, strict=False))
    return path


def examples(values: list[float]) -> Valued:
    labels = np.array(values, float)
    texts = [f"text {number}" for number in range(len(values))]
    return Valued(texts, labels, np.zeros(len(values), np.int32), (), ("a.csv",))


@pytest.fixture
def rated(stars: Classifier, tmp_path: Path) -> Path:
    """Rows that the model has nearly right."""
    values = [one.value for one in stars.predict(TEXTS)]
    return write(tmp_path / "rated.csv", [round(value + 0.01, 3) for value in values])


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_numbers_are_read_from_each_format(tmp_path, form):
    path = tmp_path / f"rows.{form}"
    if form == "csv":
        write(path, [1, " 4.5 ", "-3e-1"])
    elif form == "jsonl":
        lines = [
            {"text": text, "label": v} for text, v in zip(TEXTS, (1, 4.5, "-0.3"), strict=False)
        ]
        path.write_text("\n".join(map(json.dumps, lines)))
    else:
        pyarrow.parquet.write_table(
            pyarrow.table({"text": TEXTS[:3], "label": [1.0, 4.5, -0.3]}), path
        )
    rows = sources.read_file(NUMBERS, path)
    assert [float(label) for label in rows.labels] == [1, 4.5, -0.3]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("good", r'the label is "good", not a number; the task is "regression"\.$'),
        ("4,5", "Write its decimals behind a point"),
        ("inf", "not a number"),
        ("1_000", "not a number"),
        ("", "the label is missing"),
    ],
)
def test_what_is_no_number_is_refused_with_its_place(tmp_path, label, message):
    path = write(tmp_path / "rows.csv", ["1", label, "3"])
    with pytest.raises(DataError, match=f"rows.csv, line 3: .*{message}"):
        sources.read_file(NUMBERS, path)


def test_an_alias_gives_a_word_its_number(tmp_path):
    path = write(tmp_path / "rows.csv", ["five", "1"])
    config = NUMBERS.model_copy(update={"aliases": {"five": "5"}})
    assert sources.read_file(config, path).labels == ["5", "1"]


def test_one_number_for_all_rows_teaches_nothing(tmp_path):
    path = write(tmp_path / "rows.csv", [3] * 72)
    config = DataConfig(task="regression", train=({"path": str(path)},))
    with pytest.raises(DataError, match="two different numbers are needed, and all are 3"):
        sources.load(config, seed=0)


def test_a_split_holds_its_share_of_low_and_of_high_values():
    rows = examples(np.random.default_rng(0).normal(0, 10, 500).tolist())
    train, held = split(rows, 0.2, seed=0)
    assert len(held) == 100 and isinstance(held, Valued)
    middle = np.quantile(rows.labels, 0.4)
    assert (held.labels < middle).sum() == pytest.approx(40, abs=2)
    assert sorted([*train.labels, *held.labels]) == sorted(rows.labels)


def test_a_split_of_few_and_of_equal_values_works():
    assert len(split(examples([1, 5, 5, 5, 5, 1, 2, 3, 4, 5]), 0.2, seed=0)[1]) == 2
    assert len(split(examples([5] * 90 + [1] * 10), 0.2, seed=0)[1]) == 20


def test_the_figures_of_values():
    labels = np.array([1.0, 2, 3, 4])
    figures = measure(np.array([[2.0], [2], [3], [6]]), labels)
    assert (figures["mae"], figures["mse"], figures["bias"]) == (0.75, 1.25, 0.75)
    assert figures["rmse"] == pytest.approx(1.25**0.5, abs=1e-4)
    assert figures["spearman"] == pytest.approx(0.9487, abs=1e-4)  # the first two are tied
    assert np.array(figures["joint"]["counts"]).sum() == 4
    assert measure(np.full((4, 1), 2.0), labels)["spearman"] == 0
    small = measure(np.array([[2.0], [2], [3], [6]]) * 1e-7, labels * 1e-7)
    assert small["mae"] == pytest.approx(0.75e-7)


def test_intervals_hold_the_figures_and_narrow_with_rows():
    random = np.random.default_rng(0)

    def widths(rows: int) -> dict[str, float]:
        labels = random.normal(3, 1, rows)
        values = (labels + random.normal(0, 0.5, rows))[:, None]
        figures, ends = measure(values, labels), intervals(values, labels)
        assert all(low < figures[name] < high for name, (low, high) in ends.items())
        return {name: high - low for name, (low, high) in ends.items()}

    few, many = widths(50), widths(5000)
    assert all(many[name] < few[name] / 5 for name in few)


def test_settings_for_classes_are_refused():
    smoothed = {"task": "regression", "train": [{"path": "a.csv", "label_smoothing": 0.1}]}
    with pytest.raises(ConfigError, match="label_smoothing is for classes"):
        parse({"data": smoothed}, origin="test")
    for section, values in {
        "fit": {"class_weight": "balanced"},
        "distil": {"teachers": ["linear"]},
    }.items():
        with pytest.raises(ConfigError, match='is for classes, not for task = "regression"'):
            parse({"data": {"task": "regression"}, section: values}, origin="test")


def test_evaluate_tells_errors_and_the_worst_rows(stars_root, rated, tmp_path, capsys):
    lines = rated.read_text("utf-8").splitlines()
    lines[7] = lines[7].rpartition(",")[0] + ",100"
    rated.write_text("\n".join(lines) + "\n", encoding="utf-8")
    page, figures = tmp_path / "page.html", tmp_path / "figures.json"
    model = str(stars_root / "stars")
    told = ["--json", str(figures), "--html", str(page)]
    assert main(["evaluate", model, str(rated), *told]) == 0
    said = capsys.readouterr().out
    assert "Spearman correlation" in said and f"{rated}, line 8: " in said and "not 100" in said
    result = json.loads(figures.read_text("utf-8"))
    assert result["mistakes"][0]["label"] == 100 and "confusion" not in result["figures"]
    assert sum(part["rows"] for part in result["parts"]) == 72
    html = page.read_text("utf-8")
    assert "<svg" in html and "mean absolute error" in html and "Parts of the range" in html


def test_evaluate_needs_two_values(stars_root, tmp_path, capsys):
    rows = write(tmp_path / "rows.csv", [3, 3, 4], ["a good film", "an awful film", "<b></b>"])
    assert main(["evaluate", str(stars_root / "stars"), str(rows)]) == 2
    said = capsys.readouterr().err
    assert "of 3 rows 2 hold a token, and those do not have two different labels" in said


def test_evaluate_refuses_names(stars_root, tmp_path, capsys):
    rows = write(tmp_path / "rows.csv", ["positive", "negative"])
    assert main(["evaluate", str(stars_root / "stars"), str(rows)]) == 2
    assert 'line 2: the label is "positive", not a number' in capsys.readouterr().err


def test_a_scored_file_has_a_column_of_values(stars_root, stars, tmp_path):
    rows = write(tmp_path / "rows.csv", range(72))
    scored = tmp_path / "scored.csv"
    command = ["predict", str(stars_root / "stars"), str(rows), str(scored), "--workers", "1"]
    assert main(command) == 0
    with scored.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["text", "label", "value", "unknown_rate", "truncated", "error"]
    expected = [one.value for one in stars.predict(TEXTS)]
    assert [float(row["value"]) for row in table] == pytest.approx(expected, abs=1e-5)


@pytest.fixture
def serving(stars_root, tmp_path) -> Path:
    return shutil.copytree(stars_root / "stars", tmp_path / "stars")


def promoted(make_bundle, scale: Scale, serving: Path, rows: Path, tmp_path: Path) -> int:
    bundle = make_bundle(scale=scale)
    candidate = bundles.save(bundle, tmp_path / "new", verify=Classifier.load)
    command = ["promote", str(candidate), "--against", str(serving), "--on", str(rows)]
    return main([*command, "--max-slowdown", "1000"])


def test_one_with_larger_errors_is_refused(make_bundle, serving, rated, tmp_path, capsys):
    worse = Scale(mean=4.0, deviation=1.5)
    assert promoted(make_bundle, worse, serving, rated, tmp_path) == 1
    said = capsys.readouterr().out
    assert "Wilcoxon's signed-rank test" in said and "The mean absolute error rises" in said
    assert bundles.current(serving).name == "1"


def test_one_with_smaller_errors_is_served(make_bundle, serving, rated, tmp_path):
    better = Scale(mean=3.01, deviation=1.5)
    assert promoted(make_bundle, better, serving, rated, tmp_path) == 0
    assert bundles.current(serving).name == "2"


def test_a_classification_takes_no_regression_s_place(
    make_bundle, serving, rated, tmp_path, capsys
):
    candidate = bundles.save(make_bundle(), tmp_path / "new", verify=Classifier.load)
    command = ["promote", str(candidate), "--against", str(serving), "--on", str(rated)]
    assert main(command) == 2
    assert "another task" in capsys.readouterr().err


def test_limits_of_values():
    figures = {"mae": 1.0, "spearman": 0.8}
    test = {"larger": 3, "smaller": 5, "mean": -0.1, "p": 0.01}
    compared = {"current": {"figures": figures}, "wilcoxon": test}
    same = compared | {"candidate": {"figures": figures}}
    assert list(regressions(same, Limits())) == []
    worse = compared | {"candidate": {"figures": {"mae": 1.06, "spearman": 0.7}}}
    assert len(list(regressions(worse, Limits()))) == 2
    assert list(regressions(worse, Limits(error=0.1, drop=0.2))) == []


def test_check_tells_how_numbers_are_spread(tmp_path, capsys):
    values = [*np.linspace(1, 5, 71).round(2), 900]
    rows = write(tmp_path / "rows.csv", [*values, 1, 5], [*TEXTS, TEXTS[0], TEXTS[0]])
    report = tmp_path / "report.json"
    assert main(["check", "--task", "regression", str(rows), "--json", str(report)]) == 0
    said = capsys.readouterr().out
    assert "Values of the training data" in said and "[outliers]" in said
    assert "imbalance" not in said and "few_rows" not in said
    data = json.loads(report.read_text("utf-8"))
    assert data["values"]["train"]["rows"] == 74 and "labels" not in data


def test_check_finds_values_that_contradict_each_other(tmp_path, capsys):
    numbers = [1.0, 5.0] * 36
    rows = write(tmp_path / "rows.csv", [*numbers, 5.0], [*TEXTS, TEXTS[0].upper()])
    assert main(["check", "--task", "regression", str(rows)]) == 0
    said = capsys.readouterr().out
    assert "1 text with values more than a standard deviation apart" in said
    assert "WARNING" in said and "ERROR" not in said
