"""An embedding of fewer features: the nearest product with what reads it."""

import numpy as np
import pytest

from training.compress import to_rank

V, F, H, EXTRA = 40, 6, 3, 2


@pytest.fixture
def weights() -> dict:
    random = np.random.default_rng(0)
    embedding = random.normal(size=(V, F + EXTRA)).astype(np.float32)
    embedding[0] = 0  # the padding's
    inputs = random.normal(size=(2, 4 * H, F + EXTRA)).astype(np.float32)
    return {"embedding": embedding, "lstm_0.W": inputs, "head.W": np.ones((4, 2), np.float32)}


def product(weights: dict) -> np.ndarray:
    """What the LSTM sees of each token: (V, D * 4H)."""
    inputs = weights["lstm_0.W"]
    return weights["embedding"].astype(float) @ inputs.reshape(-1, inputs.shape[-1]).T


def test_the_whole_rank_changes_nothing_that_is_seen(weights):
    counts = np.arange(V) * 10
    same = to_rank(weights, F, counts, extra=EXTRA)
    assert same["embedding"].shape == (V, F + EXTRA)
    assert product(same) == pytest.approx(product(weights), abs=1e-4)
    assert same["embedding"][0] == pytest.approx(0, abs=1e-6)


def test_a_lower_rank_is_the_nearest_one_by_how_often_tokens_occur(weights):
    counts = np.where(np.arange(V) < 20, 999, 0)
    less = to_rank(weights, 3, counts, extra=EXTRA)
    assert less["embedding"].shape == (V, 3 + EXTRA)
    assert less["lstm_0.W"].shape == (2, 4 * H, 3 + EXTRA)
    assert np.array_equal(less["embedding"][:, 3:], weights["embedding"][:, F:])
    assert np.array_equal(less["lstm_0.W"][..., 3:], weights["lstm_0.W"][..., F:])
    assert less["head.W"] is weights["head.W"]

    missed = (product(less) - product(weights)) * np.sqrt(counts + 1)[:, None]
    own = {"embedding": weights["embedding"][:, :F], "lstm_0.W": weights["lstm_0.W"][..., :F]}
    values = np.linalg.svd(product(own) * np.sqrt(counts + 1)[:, None], compute_uv=False)
    assert np.linalg.norm(missed) == pytest.approx(np.linalg.norm(values[3:]), rel=1e-4)
    assert np.abs(missed[:20]).mean() / np.sqrt(1000) < np.abs(missed[20:]).mean()


def test_a_rank_beyond_what_is_read_is_no_more_than_that(weights):
    narrow = {**weights, "lstm_0.W": weights["lstm_0.W"][:1, :4]}
    assert to_rank(narrow, 5, np.ones(V, int), extra=EXTRA)["embedding"].shape == (V, 4 + EXTRA)
