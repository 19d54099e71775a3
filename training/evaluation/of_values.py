"""What an evaluation tells of a regression: errors, parts of the range, slices, worst misses."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.labelled import Labelled
from training.evaluation.score import Answers
from training.evaluation.slices import slices
from training.evaluation.value_measures import intervals, measure, rounded

_MISTAKES = 20
_PARTS = 10  # of the range of the labels; fewer different labels are a part each


def details(answers: Answers, data: Labelled, *, with_text: bool) -> dict[str, Any]:
    """Measure n rows that have an answer.

    Returns:
        figures (of `value_measures.measure`), intervals, parts (of the labels, from the lowest to
        the highest), slices and mistakes, the largest errors.
    """
    labels, values = data.examples.labels, answers.values[:, 0]
    errors = values - labels
    return {
        "figures": measure(answers.values, labels),
        "intervals": intervals(answers.values, labels),
        "parts": [
            {
                "from": rounded(labels[rows].min()),
                "to": rounded(labels[rows].max()),
                "value": rounded(values[rows].mean()),
                **_errors(errors[rows]),
            }
            for rows in _parts(labels)
        ],
        "slices": [
            {"by": one.by, "value": one.value, **_errors(errors[one.rows])}
            for one in slices(data, answers)
        ],
        "mistakes": [
            {
                "place": data.places[row],
                "label": rounded(labels[row]),
                "answer": rounded(values[row]),
                "error": rounded(errors[row]),
                **({"text": data.excerpt(row)} if with_text else {}),
            }
            for row in np.argsort(-np.abs(errors), kind="stable")[:_MISTAKES]
            if errors[row]
        ],
    }


def notes(answers: Answers, data: Labelled) -> Iterator[str]:
    """Say whether the model does no better than one value for all."""
    labels = data.examples.labels
    mae = np.abs(answers.values[:, 0] - labels).mean()
    constant = np.abs(labels - np.median(labels)).mean()
    if mae >= constant:
        yield (
            f"To answer {rounded(np.median(labels)):g}, the median of these labels, to every text "
            f"has a mean absolute error of {rounded(constant):g}: the model is no better."
        )


def _parts(labels: npt.NDArray[np.float64]) -> Iterator[npt.NDArray[np.bool_]]:
    """Cut the labels into parts of about as many rows: bool (n,) of each."""
    different = np.unique(labels)
    ends = different[1:]
    if len(different) > _PARTS:
        ends = np.unique(np.quantile(labels, np.arange(1, _PARTS) / _PARTS))
    part = np.searchsorted(ends, labels, side="right")
    for number in np.unique(part):
        yield part == number


def _errors(errors: npt.NDArray[np.float64]) -> dict[str, Any]:
    return {
        "rows": len(errors),
        "mae": rounded(np.abs(errors).mean()),
        "bias": rounded(errors.mean()),
    }
