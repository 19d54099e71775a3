"""The head that a base's head becomes for other labels."""

import numpy as np
import pytest

from sentiment.task import activate
from training.transfer import head_for

THREE = ("negative", "neutral", "positive")
TWO = ("negative", "positive")


def head(columns: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    return {
        "embedding": np.zeros((2, 1), np.float32),
        "head.W": random.normal(size=(6, columns)).astype(np.float32),
        "head.B": random.normal(size=columns).astype(np.float32),
    }


def logits(weights: dict[str, np.ndarray]) -> np.ndarray:
    pooled = np.random.default_rng(4).normal(size=(5, 6)).astype(np.float32)  # (n, P)
    return pooled @ weights["head.W"] + weights["head.B"]


@pytest.mark.parametrize(("labels", "columns"), [(THREE, 3), (TWO, 1)])
def test_the_same_labels_keep_the_head(labels, columns):
    weights, before = head(columns), head(columns)
    head_for(weights, labels, labels, seed=0)
    for name in before:
        assert np.array_equal(weights[name], before[name])
        assert weights[name].dtype == before[name].dtype


def test_two_labels_of_three_get_the_difference_of_their_columns():
    weights, before = head(3), head(3)
    head_for(weights, THREE, TWO, seed=0)
    assert weights["head.W"].shape == (6, 1)
    assert np.array_equal(weights["head.W"][:, 0], before["head.W"][:, 2] - before["head.W"][:, 0])
    assert np.array_equal(weights["head.B"], before["head.B"][2:] - before["head.B"][:1])


def test_two_labels_of_three_answer_as_the_three_do_without_the_third():
    weights, before = head(3), head(3)
    head_for(weights, THREE, TWO, seed=0)
    expected = activate(logits(before), temperature=1.0)[:, [0, 2]]
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.allclose(activate(logits(weights), temperature=1.0), expected, atol=1e-6)


def test_a_third_label_leaves_the_odds_of_the_two():
    weights, before = head(1), head(1)
    head_for(weights, TWO, THREE, seed=0)
    assert weights["head.W"].shape == (6, 3)
    after, odds = logits(weights), logits(before)[:, 0]
    assert np.allclose(after[:, 2] - after[:, 0], odds, atol=1e-6)


def test_other_order_and_new_names():
    weights, before = head(3), head(3)
    head_for(weights, THREE, ("angry", "positive", "negative"), seed=0)
    assert np.array_equal(weights["head.W"][:, 1], before["head.W"][:, 2])
    assert np.array_equal(weights["head.W"][:, 2], before["head.W"][:, 0])
    assert weights["head.B"].tolist() == [0, before["head.B"][2], before["head.B"][0]]
    assert 0 < abs(weights["head.W"][:, 0]).max() < 0.1  # near zero, and its units differ
    assert len(set(weights["head.W"][:, 0].tolist())) == 6


def test_two_labels_in_reverse_turn_the_sign():
    weights, before = head(1), head(1)
    head_for(weights, TWO, ("positive", "negative"), seed=0)
    assert np.allclose(weights["head.W"], -before["head.W"])
    assert np.allclose(weights["head.B"], -before["head.B"])


def test_a_new_label_starts_from_the_seed():
    first, same, other = head(3), head(3), head(3)
    for weights, seed in ((first, 1), (same, 1), (other, 2)):
        head_for(weights, THREE, ("a", "b", "c"), seed=seed)
    assert np.array_equal(first["head.W"], same["head.W"])
    assert not np.array_equal(first["head.W"], other["head.W"])
