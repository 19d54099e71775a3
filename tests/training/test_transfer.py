"""What a base's head and its features become for other labels and other features."""

import numpy as np
import pytest

from sentiment.task import activate
from training.features import Features
from training.transfer import features_for, head_for

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


def wide(*, extra: int) -> dict[str, np.ndarray]:
    """A base of 4 tokens with two vector features, in float16, and some extra ones."""
    random = np.random.default_rng(5)
    return {
        "embedding": random.normal(size=(4, 2 + extra)).astype(np.float16),
        "lstm_0.W": random.normal(size=(2, 12, 2 + extra)).astype(np.float32),
    }


def read(weights: dict[str, np.ndarray]) -> np.ndarray:
    """What the first layer's gates get of each token: (D, 4H, V)."""
    return weights["lstm_0.W"] @ weights["embedding"].astype(np.float32).T


def test_new_features_change_no_answer_at_first():
    weights, before = wide(extra=0), wide(extra=0)
    extra = Features(("a", "b"), np.array([[0, 0], [0, 0], [1, 0.5], [0, -1]], np.float32))
    received = features_for(weights, (), extra)
    assert received.names == ("a", "b")
    assert np.array_equal(received.values, extra.values)
    assert np.array_equal(weights["embedding"][:, :2], before["embedding"])
    assert np.array_equal(weights["embedding"][:, 2:], extra.values)
    assert weights["embedding"].dtype == np.float16
    assert weights["lstm_0.W"].shape == (2, 12, 4)
    assert np.allclose(read(weights), read(before), atol=1e-6)


def test_features_of_a_name_that_the_base_has_are_made_anew_and_others_stay():
    weights, before = wide(extra=2), wide(extra=2)
    extra = Features(("c", "b"), np.array([[0, 0], [0, 0], [1, 0.5], [0, -1]], np.float32))
    received = features_for(weights, ("a", "b"), extra)
    assert received.names == ("a", "b", "c")
    assert np.array_equal(weights["embedding"][:, :3], before["embedding"][:, :3])  # and "a"
    assert weights["embedding"][:, 3].tolist() == [0, 0, 0.5, -1]
    assert weights["embedding"][:, 4].tolist() == [0, 0, 1, 0]
    assert np.array_equal(weights["lstm_0.W"][..., :4], before["lstm_0.W"])
    assert not weights["lstm_0.W"][..., 4].any()
    assert np.array_equal(received.values, weights["embedding"][:, 2:])


def test_a_base_keeps_its_features_where_none_are_named():
    weights, before = wide(extra=1), wide(extra=1)
    received = features_for(weights, ("a",), Features((), np.empty((4, 0), np.float32)))
    assert received.names == ("a",)
    assert np.array_equal(received.values[:, 0], before["embedding"][:, 2])
    assert all(np.array_equal(weights[name], before[name]) for name in before)
