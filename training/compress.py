"""Fewer features for an embedding that has learned: nearly the same answers for less work.

The first LSTM reads the embedding E (V, F) through its input weights W (D * 4H, F) alone, so what
counts is the product E W' (V, D * 4H). The nearest product of rank k, each token weighing as much
as it occurs, is that of the k largest singular values (Eckart and Young 1936, "The Approximation of
One Matrix by Another of Lower Rank"): an embedding (V, k), and input weights (D * 4H, k).
"""

import numpy as np
import numpy.typing as npt

from training.graph import Weights


def to_rank(
    weights: Weights, rank: int, counts: npt.NDArray[np.integer], *, extra: int = 0
) -> Weights:
    """Bring the embedding's own features to so many; its extra ones stay as they are.

    Args:
        weights: with `embedding` (V, F) and `lstm_0.W` (D, 4H, F).
        rank: k at most; F - K and D * 4H are its bounds.
        counts: int (V,), how often each token occurs.
        extra: K, the last of the F features.
    Returns:
        The weights, of k + K features.
    """
    embedding, inputs = (weights[name].astype(np.float64) for name in ("embedding", "lstm_0.W"))
    own = embedding.shape[1] - extra
    matrix = inputs[..., :own].reshape(-1, own)  # (D * 4H, F - K)
    weighing = np.sqrt(counts + 1.0)[:, None]  # one more: unseen tokens keep their vectors too
    basis, triangle = np.linalg.qr(weighing * embedding[:, :own])
    left, values, right = np.linalg.svd(triangle @ matrix.T, full_matrices=False)
    vectors = basis @ left[:, :rank] / weighing  # (V, k)
    scale = vectors.std()
    reduced = (scale * values[:rank, None] * right[:rank]).T  # (D * 4H, k)
    return {
        **weights,
        "embedding": _beside(vectors / scale, embedding[:, own:]),
        "lstm_0.W": _beside(reduced.reshape(*inputs.shape[:2], -1), inputs[..., own:]),
    }


def _beside(own: npt.NDArray[np.float64], extra: npt.NDArray[np.float64]) -> npt.NDArray:
    return np.concatenate([own, extra], axis=-1).astype(np.float32)
