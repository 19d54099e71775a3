"""How far a regression's values are off, and how sure those figures are."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

_RESAMPLES = 2000
_SEED = 0
_Z = 1.96  # standard deviations of 95 %
_BINS = 10


def measure(
    values: npt.NDArray[np.float64], labels: npt.NDArray[np.float64], label_names: Any = ()
) -> dict[str, Any]:
    """Measure one data set.

    Args:
        values: (n, 1), what the model says.
        labels: float (n,), what it should say.
        label_names: none; here for `measures.measure` has it.
    Returns:
        rows; mae, rmse and mse, the mean absolute error, the root of the mean squared one, and its
        square; bias, the mean of value - label; spearman, the rank correlation (0 where one side
        is constant); and `joint`, how often which values stand beside which labels: the `edges` of
        10 bins of equal width over the labels, and `counts` (label, value), where values beyond
        the labels' range are in the outermost bins.
    """
    said = values[:, 0]
    errors = said - labels
    mse = float(np.mean(errors**2))
    edges = np.linspace(labels.min(), labels.max(), _BINS + 1)
    inside = np.clip(said, edges[0], edges[-1])
    counts, _, _ = np.histogram2d(labels, inside, bins=[edges, edges])
    return {
        "rows": len(labels),
        "mae": rounded(np.abs(errors).mean()),
        "rmse": rounded(mse**0.5),
        "mse": rounded(mse),
        "bias": rounded(errors.mean()),
        "spearman": round(rank_correlation(said, labels), 4),
        "joint": {
            "edges": [rounded(edge) for edge in edges],
            "counts": counts.astype(int).tolist(),
        },
    }


def rank_correlation(values: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]) -> float:
    """Return Spearman's correlation of two (n,); 0 where one of them is constant."""
    if np.ptp(values) == 0 or np.ptp(labels) == 0:
        return 0.0
    return float(spearmanr(values, labels).statistic)


def intervals(
    values: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]
) -> dict[str, list[float]]:
    """Return the 95 % confidence intervals of mae, rmse, bias and spearman: (low, high) by name.

    The percentile bootstrap over rows, 2,000 times (Efron and Tibshirani 1993, chapter 13); of the
    correlation Fisher's z with the variance of Bonett and Wright 2000.

    Args:
        values: (n, 1), what the model says; labels: (n,), what it should say.
    """
    said, n = values[:, 0], len(labels)
    errors = said - labels
    columns = np.stack([np.abs(errors), errors**2, errors], axis=1)  # (n, 3)
    random = np.random.default_rng(_SEED)
    drawn = np.array(
        [columns[random.integers(n, size=n)].mean(axis=0) for _ in range(_RESAMPLES)]
    )  # (2000, 3)
    drawn[:, 1] = np.sqrt(drawn[:, 1])
    ends = np.percentile(drawn, (2.5, 97.5), axis=0)  # (2, 3)
    return {
        **{
            name: [rounded(end) for end in ends[:, column]]
            for column, name in enumerate(("mae", "rmse", "bias"))
        },
        "spearman": _correlation_interval(rank_correlation(said, labels), n),
    }


def _correlation_interval(r: float, n: int) -> list[float]:
    if n < 4 or abs(r) >= 1:
        return [-1.0, 1.0] if n < 4 else [r, r]
    half = _Z * np.sqrt((1 + r**2 / 2) / (n - 3))
    return [round(float(np.tanh(np.arctanh(r) + side * half)), 4) for side in (-1, 1)]


def rounded(number: float) -> float:
    """Five significant digits: the units are the user's own, and may be small."""
    return float(f"{number:.5g}")
