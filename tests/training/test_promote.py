"""`promote`: what is refused, what is recorded, and what is served afterwards."""

import csv
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training.__main__ import main
from training.config import ConfigError
from training.promotion.gate import regressions
from training.promotion.labels import mcnemar
from training.promotion.limits import Limits
from training.promotion.promotions import OF_VERSION, RECORD, promote

TURNED = ("negative", "positive", "neutral")


@pytest.fixture
def model(bundle_root: Path, tmp_path: Path) -> Path:
    """The model that serves, free to be changed: `model/1`."""
    return shutil.copytree(bundle_root / "default", tmp_path / "model")


@pytest.fixture(scope="module")
def as_good(make_bundle, tmp_path_factory) -> Path:
    """A bundle that gives the same labels, a little less sure."""
    directory = tmp_path_factory.mktemp("as_good") / "new"
    return bundles.save(make_bundle(temperature=1.6), directory, verify=Classifier.load)


@pytest.fixture(scope="module")
def worse(make_bundle, tmp_path_factory) -> Path:
    """A bundle that takes positive for neutral, and lists the labels in another order."""
    directory = tmp_path_factory.mktemp("worse") / "new"
    return bundles.save(make_bundle(labels=TURNED), directory, verify=Classifier.load)


@pytest.fixture
def rows(classifier: Classifier, tmp_path: Path) -> Path:
    """Rows that the model which serves has all right."""
    texts = [
        f"{start} {word} evening{end}"
        for start in ("The", "Not a", "We had one", "My")
        for word in ("good", "awful", "second", "blue")
        for end in ("!", " 😡", ", fish & chips")
    ]
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((text, classifier.predict([text])[0].label) for text in texts)
    return path


def command(candidate: Path, model: Path, rows: Path, *more: str) -> int:
    # 48 rows time a small model within the noise of a busy machine.
    slow = ["--max-slowdown", "1000"]
    return main(
        ["promote", str(candidate), "--against", str(model), "--on", str(rows), *slow, *more]
    )


def records(model: Path) -> list[dict]:
    return [json.loads(line) for line in (model / RECORD).read_text("utf-8").splitlines()]


def test_one_that_is_as_good_is_served(as_good, model, rows, capsys):
    assert command(as_good, model, rows) == 0
    said = capsys.readouterr().out
    assert "0 answers differ" in said and said.endswith(f"promoted: {model / '2'}\n")
    assert bundles.current(model).name == "2" and bundles.previous(model) == "1"
    for file in as_good.iterdir():
        assert (model / "2" / file.name).read_bytes() == file.read_bytes()
    (record,) = records(model)
    assert (record["version"], record["instead_of"], record["overridden"]) == ("2", "1", [])
    assert record["compared"]["mcnemar"] == {"broken": 0, "mended": 0, "p": 1.0}
    assert record["compared"]["suite"] is None


def test_a_regression_is_refused_with_its_reasons(worse, model, rows, capsys, tmp_path):
    before = {path.name for path in model.iterdir()}
    file = tmp_path / "compared.json"
    assert command(worse, model, rows, "--json", str(file)) == 1
    said = capsys.readouterr().out
    assert "It is right less often: " in said
    assert "Accuracy falls from 1.000 to " in said and "Macro F1 falls" in said
    assert said.endswith(f"refused: {model} still serves 1\n")
    assert {path.name for path in model.iterdir()} == before
    assert bundles.current(model).name == "1"

    compared = json.loads(file.read_text(encoding="utf-8"))
    flips = compared["flips"]
    assert {(one["before"], one["after"]) for one in flips["kinds"]} == {
        ("positive", "neutral"),
        ("neutral", "positive"),
    }
    assert flips["rows"] == sum(one["rows"] for one in flips["kinds"])
    assert flips["rows"] == compared["mcnemar"]["broken"] == len(flips["examples"]) > 20
    assert f"  and {flips['rows'] - 20} more; --json FILE has all\n" in said
    assert flips["examples"][0]["text"] in said
    assert compared["candidate"]["figures"]["accuracy"] == round(1 - flips["rows"] / 48, 4)
    assert len(compared["reasons"]) >= 3


def test_a_forced_one_is_recorded(worse, model, rows, capsys):
    assert command(worse, model, rows, "--force", "the old one reads no emoji", "--no-text") == 0
    said = capsys.readouterr().out
    assert "evening" not in said
    assert said.endswith(f"promoted: {model / '2'}\n")
    (record,) = records(model)
    assert record["force"] == "the old one reads no emoji"
    assert json.loads((model / "2" / OF_VERSION).read_text("utf-8")) == record
    assert any("Accuracy falls" in reason for reason in record["overridden"])
    assert Classifier.load(bundles.current(model)).labels == TURNED


def test_a_version_of_the_model_is_served_as_it_is(worse, model, rows):
    assert command(worse, model, rows, "--force", "a drill") == 0
    assert command(model / "1", model, rows) == 0
    assert bundles.versions(model) == ["1", "2"]
    assert bundles.current(model).name == "1"
    assert [record["version"] for record in records(model)] == ["2", "1"]
    assert records(model)[1]["compared"]["mcnemar"]["mended"] > 10


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("a drill", "a bug fix"),
        lambda text: text.split("\n", 1)[1],
        lambda text: text[:-20],
        lambda text: f"{text}[]\n",
    ],
)
def test_a_record_that_was_changed_stops_a_promotion(as_good, model, change):
    promote(as_good, model, {"force": "a drill"}, instead_of="1")
    promote(model / "1", model, {"force": None}, instead_of="2")
    record = model / RECORD
    record.write_text(change(record.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(ConfigError, match="promotions.jsonl, line .* is not what was written"):
        promote(model / "2", model, {}, instead_of="1")
    assert bundles.current(model).name == "1"


def test_of_promotions_at_the_same_moment_one_is_made_and_recorded(as_good, model):
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(promote, as_good, model, {}, instead_of="1") for _ in range(4)]
    refusals = [str(error) for one in tries if (error := one.exception())]
    assert len(refusals) == 3
    assert all("serves 2 by now" in refusal for refusal in refusals)
    assert bundles.versions(model) == ["1", "2"]
    assert [record["version"] for record in records(model)] == ["2"]
    promote(model / "1", model, {}, instead_of="2")  # the record is intact


def test_a_damaged_bundle_is_never_copied_in(as_good, model, tmp_path):
    damaged = shutil.copytree(as_good, tmp_path / "damaged")
    (damaged / bundles.GOLDEN).write_text("[]", encoding="utf-8")
    with pytest.raises(bundles.BundleDamaged):
        promote(damaged, model, {}, instead_of="1")
    assert bundles.versions(model) == ["1"] and not (model / RECORD).exists()


def test_a_suite_is_run_on_both(as_good, worse, model, rows, tmp_path, capsys, classifier):
    text = "a good bus"
    label = classifier.predict([text])[0].label
    folder = tmp_path / "suite"
    (folder / "capabilities").mkdir(parents=True)
    group = {"test": "label", "expect": [label], "texts": [text]}
    (folder / "capabilities" / "plain.json").write_text(json.dumps({"groups": [group]}))
    (folder / "fillers.json").write_text("{}")
    assert command(worse, model, rows, "--suite", str(folder)) == 1
    assert "suite rise from 0.0% to 100.0%" in capsys.readouterr().out
    assert command(as_good, model, rows, "--suite", str(folder)) == 0
    assert records(model)[0]["compared"]["suite"]["candidate"]["capabilities"] == {"plain": 0}


def test_mistakes_of_the_caller(model, as_good, rows, make_bundle, tmp_path, capsys):
    two = make_bundle(labels=("negative", "positive"))
    other = bundles.save(two, tmp_path / "two", verify=Classifier.load)
    for candidate, more, message in (
        (model / "1", (), "is what"),
        (other, (), "A model of other labels needs a name of its own."),
        (as_good, ("--force", " "), "expected a reason"),
        (as_good, ("--max-drop", "-1"), "expected a number from 0 up"),
        (as_good, ("--max-slowdown", "inf"), "expected a number from 0 up"),
        (as_good, ("--suite", str(tmp_path)), "a suite is a folder as"),
        (tmp_path, (), "CURRENT cannot be read"),
    ):
        assert command(candidate, model, rows, *more) == 2
        assert message in capsys.readouterr().err
    assert bundles.versions(model) == ["1"] and not (model / RECORD).exists()


@pytest.mark.parametrize(
    ("broken", "mended", "p"), [(0, 0, 1), (1, 9, 22 / 1024), (9, 1, 22 / 1024), (5, 5, 1)]
)
def test_mcnemar_by_hand(broken, mended, p):
    assert mcnemar(broken, mended) == pytest.approx(p)


def compared(**changes) -> dict:
    """A comparison of two models that are alike, but for the candidate's changes."""
    figures = {"accuracy": 0.9, "macro_f1": 0.9, "calibration_error": 0.03}
    current = {"figures": figures, "bytes": 1000}
    candidate = {"figures": {**figures, **changes}, "bytes": changes.get("bytes", 1000)}
    return {
        "task": "classification",
        "candidate": candidate,
        "current": current,
        "mcnemar": {"broken": 0, "mended": 0, "p": 1.0, **changes.get("mcnemar", {})},
        "suite": {"current": {"mean": 0.2}, "candidate": {"mean": changes.get("suite", 0.2)}},
        "speed": {
            "current": 1.0,
            "candidate": changes.get("ratio", 1),
            "ratio": changes.get("ratio", 1),
        },
    }


@pytest.mark.parametrize(
    ("changes", "passes", "reason"),
    [
        ({"mcnemar": {"broken": 30, "mended": 10, "p": 0.002}}, False, "right less often"),
        ({"mcnemar": {"broken": 10, "mended": 30, "p": 0.002}}, True, ""),
        ({"mcnemar": {"broken": 12, "mended": 10, "p": 0.83}}, True, ""),
        ({"accuracy": 0.87}, False, "Accuracy falls from 0.900 to 0.870"),
        ({"accuracy": 0.89}, True, ""),
        ({"macro_f1": 0.87}, False, "Macro F1 falls"),
        ({"calibration_error": 0.06}, False, "calibration error rises from 0.030 to 0.060"),
        ({"calibration_error": 0.0}, True, ""),
        ({"suite": 0.22}, False, "rise from 20.0% to 22.0%"),
        ({"suite": 0.1}, True, ""),
        ({"ratio": 1.6}, False, "1.60 times as long"),
        ({"bytes": 1600}, False, "1.60 times as large"),
        ({"bytes": 500, "ratio": 0.5}, True, ""),
    ],
)
def test_each_limit(changes, passes, reason):
    found = list(regressions(compared(**changes), Limits()))
    assert len(found) == (0 if passes else 1)
    assert reason in "".join(found)
