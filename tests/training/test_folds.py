"""Cross-validation: what a fold holds, and what each model learns from."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from training.folds import assign, over_folds
from training.rows.dataset import Examples, normalise
from training.rows.decoding import DataError
from training.rows.sources import Data, Taught

LABELS = ("negative", "neutral", "positive")


def examples(counts=(60, 20, 40)) -> Examples:
    """Every fifth text stands there twice, once in capitals."""
    labels = np.repeat([0, 1, 2], counts).astype(np.int32)
    texts = [f"text {i - i % 5 // 4}" for i in range(len(labels))]
    texts = [text.upper() if i % 5 == 4 else text for i, text in enumerate(texts)]
    return Examples(texts, labels, np.zeros_like(labels), LABELS, ("a.csv",))


def test_folds_are_stratified_and_hold_every_row_once():
    rows = examples()
    fold_of = assign(rows, 5, seed=0)
    assert set(fold_of.tolist()) == set(range(5))
    for fold in range(5):
        counts = np.bincount(rows.labels[fold_of == fold], minlength=3)
        assert np.abs(counts - [12, 4, 8]).max() <= 1


def test_equal_texts_are_in_one_fold():
    rows = examples()
    fold_of = assign(rows, 4, seed=0)
    folds: dict[str, set[int]] = {}
    for text, fold in zip(rows.texts, fold_of.tolist(), strict=True):
        folds.setdefault(normalise(text), set()).add(fold)
    assert max(Counter(map(normalise, rows.texts)).values()) == 2
    assert all(len(found) == 1 for found in folds.values())


def test_the_folds_come_from_the_seed():
    first, same, other = (assign(examples(), 5, seed=seed).tolist() for seed in (1, 1, 2))
    assert first == same != other


def test_a_label_of_too_few_texts_is_refused():
    with pytest.raises(DataError, match='--folds 5: only 3 different texts are labelled "neutral"'):
        assign(examples((20, 3, 20)), 5, seed=0)


def test_a_model_learns_from_the_other_folds_and_is_measured_on_its_own():
    rows = examples()
    train, held = rows.take(np.arange(len(rows)) % 3 > 0), rows.take(np.arange(len(rows)) % 3 == 0)
    held = Examples(held.texts, held.labels, held.sources + 1, LABELS, ("a.csv", "dev.csv"))
    taught = Taught(rows.texts[:30], np.ones((30, 3), np.float32), np.ones(30, np.float32))
    nothing = np.empty(0, np.float32)
    repeats, smoothing = np.array([0.5], np.float32), np.array([0.25], np.float32)
    data = Data(train, repeats, smoothing, held, [], nothing, taught, [])
    measured = []

    def make(part: Data):
        learned = {normalise(text) for text in part.train.texts + part.taught.texts}
        assert learned.isdisjoint(map(normalise, part.validation.texts))
        assert len(part.train) + len(part.validation) == len(rows)
        assert len(part.taught.texts) == len(part.taught.probabilities) < 30
        assert part.repeats.tolist() == [0.5, 1.0]
        assert part.smoothing.tolist() == [0.25, 0.0]
        measured.extend(part.validation.texts)
        metrics = {"validation": {"a.csv": {"rows": len(part.validation)}}}
        return SimpleNamespace(manifest=SimpleNamespace(metrics=metrics))

    figures = over_folds(data, 4, make, seed=0)
    assert sorted(measured) == sorted(rows.texts)
    assert sum(fold["a.csv"]["rows"] for fold in figures) == len(rows)
