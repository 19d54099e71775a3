"""The quality benchmark: its data sets, its measures, and one small run from end to end."""

import json
import re
import shutil

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from benchmarks import quality, report, sets
from benchmarks.embeddings import SentenceEmbeddings
from training.evaluation.measures import measure
from training.rows.dataset import Examples

LABELS = ("negative", "neutral", "positive")

CONFIG = """
[data]
train = [
  { path = "imdb-train.parquet", holdout = 0.2 },
  { path = "tweets-train.parquet", holdout = 0.2 },
  { path = "train.csv", holdout = 0 },
]
validation = [{ path = "sst-dev.parquet" }]
unlabelled = [{ path = "not-there.parquet" }]
"""


def examples(texts, labels, *, source="sst-dev.parquet"):
    numbers = np.array([LABELS.index(label) for label in labels], np.int32)
    return Examples(texts, numbers, np.zeros(len(texts), np.int32), LABELS, (source,))


@pytest.fixture(scope="module")
def folder(sample_rows, tmp_path_factory):
    """Files by the names of the research data sets, cut from the sample sentences."""
    folder = tmp_path_factory.mktemp("data")
    rows = list(zip(*sample_rows, strict=True))
    polar = [(text, label) for text, label in rows if label != "neutral"]
    files = {
        "imdb-train": [(f"Film: {text}", label) for text, label in polar],
        "imdb-test": [(f"film:  {text}", label) for text, label in polar[:5]]
        + [(f"Cinema: {text}", label) for text, label in polar[5:40]],
        "tweets-train": [(f"Tweet: {text}", label) for text, label in rows],
        "tweets-test": rows[:40],
        "sst-dev": [(f"Line: {text}", label) for text, label in rows[:60]],
        "sst-test": rows[40:90],
        "amazon-kitchen": polar[40:60],
    }
    for name, pairs in files.items():
        texts, labels = zip(*pairs, strict=True)
        table = pyarrow.table({"text": texts, "label": labels})
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet")
    (folder / "config.toml").write_text(CONFIG)
    return folder


def run(folder, bundle_root, *options):
    model, config = str(bundle_root / "default"), str(folder / "config.toml")
    fixed = ["--data", str(folder), "--model", model, "--config", config]
    return quality.main([*fixed, "--peers", "tfidf", "--rounds", "2", *options])


def test_validation_reads_no_test_file(folder, bundle_root, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sets, "test_sets", lambda *_: pytest.fail("read the test files"))
    assert run(folder, bundle_root, "--json", str(tmp_path / "results.json")) == 0
    printed = capsys.readouterr().out
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results["sets"]) == ["IMDB", "SST-2", "tweets"]
    assert results["sets"]["SST-2"]["rows"] < 60  # without the neutral ones
    names = [system["name"] for system in results["systems"]]
    assert names == ["ours (default/1)", "TF-IDF (1,2) + logistic regression"]
    assert results["ours"] == ["ours (default/1)"]
    assert "Note: ours (default/1) was trained by another configuration" in printed
    assert quality.main(["--render", str(tmp_path / "results.json")]) == 0
    assert capsys.readouterr().out == printed


def test_peers_learn_no_test_text(folder, bundle_root, tmp_path, capsys):
    """Nor do they where the configuration names no test files."""
    options = ["--split", "test", "--json", str(tmp_path / "results.json")]
    assert run(folder, bundle_root, *options) == 0
    assert "kitchen accuracy" in capsys.readouterr().out
    learned = json.loads((tmp_path / "results.json").read_text())["training_rows"]
    assert run(folder, bundle_root, "--json", str(tmp_path / "results.json")) == 0
    assert learned < json.loads((tmp_path / "results.json").read_text())["training_rows"]


def test_several_models_stand_side_by_side(folder, bundle_root, tmp_path, capsys):
    other = shutil.copytree(bundle_root / "default", tmp_path / "small")
    models = ["--model", str(bundle_root / "default"), str(other)]
    assert run(folder, bundle_root, *models, "--peers", "", "--split", "test") == 0
    printed = capsys.readouterr().out
    for name in ("ours (default/1)", "ours (small/1)"):
        assert re.search(rf"^\| {re.escape(name)} \|.*\(.* to .*\) \|", printed, re.MULTILINE)
        assert (
            f"| {name}, answered | negative | neutral | positive | calibration error |" in printed
        )
        assert f"Note: {name} was trained by another" in printed


def test_models_of_one_name_are_refused(folder, bundle_root, tmp_path, capsys):
    other = shutil.copytree(bundle_root / "default", tmp_path / "default")
    assert run(folder, bundle_root, "--model", str(bundle_root / "default"), str(other)) == 2
    assert "are named ours (default/1), ours (default/1)" in capsys.readouterr().err


def test_confusion_holds_every_row_of_a_set_and_no_class_that_it_lacks():
    figures = {
        "film": measure(
            np.array([[0.7, 0.0, 0.3], [0.1, 0.8, 0.1], [0.6, 0.0, 0.4]]),
            np.array([0, 2, 2], np.int32),
            LABELS,
        ),
        "tweets": measure(np.eye(3), np.array([0, 1, 2], np.int32), LABELS),
    }
    error = figures["film"]["calibration_error"]
    assert report._confusion({"name": "ours", "figures": figures}).splitlines()[2:] == [
        f"| film: negative | 1 |  | 0 | {error:.3f} |",
        "| film: positive | 2 |  | 0 |  |",
        "| tweets: negative | 1 | 0 | 0 | 0.000 |",
        "| tweets: neutral | 0 | 1 | 0 |  |",
        "| tweets: positive | 0 | 0 | 1 |  |",
    ]


def test_a_peer_that_is_not_installed_is_noted(folder, bundle_root, capsys, monkeypatch):
    monkeypatch.setattr(SentenceEmbeddings, "missing", lambda: ["torch"])
    assert run(folder, bundle_root, "--peers", "tfidf,minilm") == 0
    printed = capsys.readouterr().out
    assert "| TF-IDF (1,2)" in printed
    assert "| MiniLM" not in printed
    assert "Note: MiniLM embeddings + logistic regression was left out: torch not" in printed


def test_binary_sets_hold_no_neutral_rows():
    held_out = examples(["a", "b", "c"], ["neutral", "positive", "negative"])
    (one,) = sets.validation_sets(held_out)
    assert (one.name, one.measure, one.examples.texts) == ("SST-2", "accuracy", ["b", "c"])


def test_two_classes_are_told_apart_by_the_larger_of_their_probabilities():
    given = np.array([[0.1, 0.7, 0.2], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
    assert measure(given, np.array([2, 0, 0]), LABELS)["accuracy"] == pytest.approx(2 / 3, abs=1e-4)


def test_macro_recall_is_the_mean_of_the_recalls_of_the_classes():
    answers, labels = [0, 0, 1, 2, 2, 2], [0, 1, 1, 1, 2, 2]
    given = np.eye(3)[answers]
    recall = np.mean([1, 1 / 3, 1])
    assert measure(given, np.array(labels), LABELS)["macro_recall"] == pytest.approx(
        recall, abs=1e-4
    )


def test_a_table_is_aligned_markdown():
    assert report.table(["", "ms"], [["ours", "1.0"], ["peer", "2.0"]]) == (
        "|  | ms |\n| --- | ---: |\n| ours | 1.0 |\n| peer | 2.0 |"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no --data: wanted the research data sets"),
        (["--data", "nowhere"], "nowhere: there is no such folder; wanted the research data sets"),
        (["--data", ".", "--peers", "bert"], '"bert" is not one of vader, textblob, fasttext'),
        (["--render", "nowhere.json"], "nowhere.json: cannot be read as results of --json"),
    ],
)
def test_what_the_user_can_mend_ends_with_2(bundle_root, capsys, options, message):
    assert quality.main(["--model", str(bundle_root / "default"), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_file_is_named(bundle_root, tmp_path, capsys):
    model = str(bundle_root / "default")
    assert quality.main(["--model", model, "--data", str(tmp_path)]) == 2
    assert "imdb-train.parquet: cannot be read" in capsys.readouterr().err
