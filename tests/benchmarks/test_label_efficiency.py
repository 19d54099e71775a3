"""The benchmark of few labelled rows: its samples, its table, and one small run."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import label_efficiency
from benchmarks.label_efficiency import Curve, curve_of_peer, domain, render, sample
from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training.config import TrainingConfig

ROWS = "gadgets.jsonl"


@pytest.fixture(scope="module")
def folder(sample_rows, tmp_path_factory):
    """A domain of two classes, cut from the sample sentences."""
    folder = tmp_path_factory.mktemp("domain")
    rows = [
        {"text": text, "label": label}
        for text, label in zip(*sample_rows, strict=True)
        if label != "neutral"
    ]
    (folder / ROWS).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def halves(folder):
    return domain(TrainingConfig(), folder / ROWS)


def run(folder, bundle_root, *options):
    model = str(bundle_root / "default")
    return label_efficiency.main(
        ["--data", str(folder), "--rows", ROWS, "--model", model, *options]
    )


def test_what_is_tested_on_is_never_drawn_from(folder, halves):
    pool, test = halves
    assert not set(pool.texts) & set(test.texts)
    assert abs(len(pool) - len(test)) <= 2
    assert domain(TrainingConfig(), folder / ROWS)[1].texts == test.texts


def test_the_share_to_test_on_can_be_chosen(folder):
    pool, test = domain(TrainingConfig(), folder / ROWS, tested=0.75)
    assert abs(len(test) - 3 * len(pool)) <= 4


def test_a_larger_sample_holds_the_smaller_one(halves):
    pool, _ = halves
    small, large = sample(pool, 20, seed=1), sample(pool, 60, seed=1)
    assert small.texts == large.texts[:20]
    assert small.texts != sample(pool, 20, seed=2).texts


def test_a_peer_has_one_accuracy_for_each_seed_and_none_without_rows(halves):
    pool, test = halves
    curve = curve_of_peer("tfidf", pool, test, sizes=[20, len(pool)], seeds=2)
    assert curve.without is None
    assert [len(values) for values in curve.by_size.values()] == [2, 2]
    assert np.mean(curve.by_size[len(pool)]) > 0.5


def test_the_table_shows_mean_and_deviation():
    curves = [
        Curve("ours", 0.8, {50: [0.8, 0.9, 1.0], 1000: [0.9] * 3}, seconds=31.25),
        Curve("peer", None, {50: [0.5], 1000: [0.75]}, seconds=0.5),
    ]
    printed = render(curves, ["something"], rows="a.csv", tested=1000, seeds=2).splitlines()
    assert printed[0] == "| accuracy | 0 rows | 50 rows | 1,000 rows | seconds at most |"
    assert printed[2] == "| ours | 0.800 | 0.900 ± 0.100 | 0.900 ± 0.000 | 31.2 |"
    assert printed[3] == "| peer |  | 0.500 | 0.750 | 0.5 |"
    assert printed[-1] == "Note: something"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sizes", "10"], "--sizes 10: from 20 to "),
        (["--sizes", "5000"], "--sizes 5000: from 20 to "),
        (["--seeds", "0"], "--seeds 0: at least 1"),
        (["--tested", "1"], "--tested 1: a share between 0 and 1"),
        (["--rows", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["--peers", "vader"], '"vader" is not one of fasttext, tfidf, nbsvm, minilm'),
    ],
)
def test_what_the_user_can_mend_ends_with_2(folder, bundle_root, capsys, options, message):
    assert run(folder, bundle_root, *options) == 2
    assert message in capsys.readouterr().err


def test_a_model_that_saw_the_rows_is_noted(make_bundle, tmp_path):
    saved = saved_with(make_bundle(), tmp_path, data=[{"role": "train", "name": ROWS}])
    (note,) = label_efficiency._seen(saved, ROWS)
    assert f"the model was trained on {ROWS} itself" in note
    assert label_efficiency._seen(saved, f"folder/{ROWS}") != []
    assert label_efficiency._seen(saved, "other.csv") == []


@pytest.mark.slow
def test_ours_goes_on_from_a_few_rows(folder, make_bundle, tmp_path, capsys):
    saved = saved_with(
        make_bundle(), tmp_path, metrics={"coverage": {"vocabulary": 1.0, "tokens": 1.0}}
    )
    bundles.activate(saved.parent, saved.name)
    options = ["--sizes", "40", "--seeds", "1", "--peers", "tfidf"]
    assert run(folder, tmp_path, *options) == 0
    printed = capsys.readouterr().out
    for name in ("ours (default/1)", "TF-IDF (1,2) + logistic regression"):
        (line,) = [line for line in printed.splitlines() if line.startswith(f"| {name} |")]
        *_, accuracy, _ = line.strip("| ").split(" | ")
        assert 0 < float(accuracy) <= 1  # of one sample, which has no deviation


def saved_with(made, root, **changes):
    """Save a bundle under `root`, with another manifest."""
    changed = replace(made, manifest=made.manifest.model_copy(update=changes))
    return bundles.save(changed, root / "default", verify=Classifier.load)
