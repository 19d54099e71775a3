"""How often answers are right: accuracy, recall, precision, F1, and how sure those figures are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.calibration import calibration_error

_RESAMPLES = 2000
_LEVEL = 0.95
_SEED = 0
_Z = 1.96  # standard deviations, of the same level


def measure(
    probabilities: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    label_names: Sequence[str],
) -> dict[str, Any]:
    """Measure one data set.

    A set need not hold every class (film reviews have no neutral ones): the answer is then the
    most probable of the classes that it does hold, with the probabilities made to add up to 1
    over them. A set of one class leaves all classes possible: else every answer would be right.

    Args:
        probabilities: (n, C).
        labels: int (n,), indices into `label_names`.
    Returns:
        rows, accuracy, macro_recall, macro_f1, nll, calibration_error, classes; precision, recall
        and f1 of each class; and their confusion (rows are the true class).
    """
    classes = possible(labels, len(label_names))
    probabilities = restrict(probabilities, classes)
    truths, answers = np.searchsorted(classes, labels), probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (truths, answers), 1)
    truth = probabilities[np.arange(len(labels)), truths]
    return {
        "rows": len(labels),
        **{name: np.round(value, 4).tolist() for name, value in rates(confusion).items()},
        "nll": round(float(-np.log(np.maximum(truth, 1e-12)).mean()), 4),
        "calibration_error": round(
            calibration_error(probabilities.max(axis=1), answers == truths), 4
        ),
        "classes": [label_names[index] for index in classes],
        "confusion": confusion.tolist(),
    }


def possible(labels: npt.NDArray[np.int_], classes: int) -> npt.NDArray[np.int_]:
    """Return what answers to a data set are chosen among: the classes it holds, if two or more."""
    held = np.unique(labels)
    return held if len(held) > 1 else np.arange(classes)


def restrict(
    probabilities: npt.NDArray[np.float64], classes: npt.NDArray[np.int_]
) -> npt.NDArray[np.float64]:
    """Keep some classes' probabilities, made to add up to 1 again: (n, C) -> (n, len(classes))."""
    kept = probabilities[:, classes]
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)


def rates(confusion: npt.NDArray[np.int_]) -> dict[str, npt.NDArray[np.float64]]:
    """Return what a confusion matrix says, or many at once.

    A rate of nothing (the precision of a class that was never answered) counts as 0, and the means
    are over the classes that have rows.

    Args:
        confusion: int (..., C, C); rows are the true class.
    Returns:
        accuracy, macro_recall and macro_f1, each (...); precision, recall and f1, each (..., C).
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    truths, answers = confusion.sum(axis=-1), confusion.sum(axis=-2)
    recall = hits / np.maximum(truths, 1)
    f1 = 2 * hits / np.maximum(truths + answers, 1)
    held = np.maximum((truths > 0).sum(axis=-1), 1)
    return {
        "accuracy": hits.sum(axis=-1) / np.maximum(truths.sum(axis=-1), 1),
        "macro_recall": recall.sum(axis=-1) / held,  # of a class without rows both are 0
        "macro_f1": f1.sum(axis=-1) / held,
        "precision": hits / np.maximum(answers, 1),
        "recall": recall,
        "f1": f1,
    }


def intervals(confusion: npt.ArrayLike) -> dict[str, Any]:
    """Return the 95 % confidence interval of each of `rates`: percentile bootstrap over rows.

    Rows drawn with replacement fall into the cells of the matrix as a multinomial draw does, so
    2,000 matrices are drawn and no row is. Efron and Tibshirani 1993, chapter 13.

    Args:
        confusion: int (C, C), of at least one row.
    Returns:
        (low, high) by name; for precision, recall and f1 a list of them, one for each class.
    """
    cells = np.asarray(confusion)
    drawn = np.random.default_rng(_SEED).multinomial(
        cells.sum(), cells.ravel() / cells.sum(), size=_RESAMPLES
    )
    ends = 50 * (1 - _LEVEL), 50 * (1 + _LEVEL)  # percent
    return {
        name: np.percentile(values, ends, axis=0).T.round(4).tolist()
        for name, values in rates(drawn.reshape(-1, *cells.shape)).items()
    }


def share_interval(
    share: npt.ArrayLike, rows: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the 95 % confidence interval of shares of few rows: Wilson 1927, "Probable Inference".

    Where all rows are right, the bootstrap draws no wrong one and knows no doubt; this does.

    Args:
        share, rows: of one shape, (...); the share of the rows that are right.
    Returns:
        low and high, float64 (...).
    """
    share, squared = np.asarray(share, float), _Z**2 / np.asarray(rows, float)
    middle = (share + squared / 2) / (1 + squared)
    half = np.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)
