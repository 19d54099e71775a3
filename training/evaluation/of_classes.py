"""What an evaluation tells of a classification: figures, calibration, slices, mistakes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.calibration import calibration_curve
from training.evaluation.labelled import Labelled
from training.evaluation.measures import intervals, measure, restrict, share_interval
from training.evaluation.score import Answers
from training.evaluation.slices import slices

_MISTAKES = 20


def details(answers: Answers, data: Labelled, *, with_text: bool) -> dict[str, Any]:
    """Measure n rows that have an answer (see `measures.measure`).

    Returns:
        figures (of `measure`), intervals, confidence (the mean), calibration, slices and mistakes.
    """
    labels, names = data.examples.labels, data.examples.label_names
    classes = np.unique(labels)
    probabilities = restrict(answers.values, classes)
    answer = classes[probabilities.argmax(axis=1)]
    confidence, correct = probabilities.max(axis=1), answer == labels
    figures = measure(answers.values, labels, names)
    return {
        "figures": figures,
        "intervals": intervals(figures["confusion"]),
        "confidence": round(float(confidence.mean()), 4),
        "calibration": [asdict(one) for one in calibration_curve(confidence, correct)],
        "slices": [
            {
                "by": one.by,
                "value": one.value,
                **_share_right(correct[one.rows]),
                "confidence": round(float(confidence[one.rows].mean()), 4),
            }
            for one in slices(data, answers)
        ],
        "mistakes": [
            {
                "place": data.places[row],
                "label": names[labels[row]],
                "answer": names[answer[row]],
                "confidence": round(float(confidence[row]), 4),
                **({"text": data.excerpt(row)} if with_text else {}),
            }
            for row in np.argsort(-confidence, kind="stable")
            if not correct[row]
        ][:_MISTAKES],
    }


def notes(answers: Answers, data: Labelled) -> Iterator[str]:
    """Say which classes have no row, and what that does."""
    labels, names = data.examples.labels, data.examples.label_names
    classes = np.unique(labels)
    absent = [name for index, name in enumerate(names) if index not in classes]
    if absent:
        free = ~np.isin(answers.values.argmax(axis=1), classes)
        yield (
            f"No row is {' or '.join(absent)}: the answer is the most probable of "
            f"{', '.join(names[index] for index in classes)}. Left free, the model says "
            f"{' or '.join(absent)} on {free.mean():.1%} of the rows."
        )


def _share_right(correct: npt.NDArray[np.bool_]) -> dict[str, Any]:
    share, rows = float(correct.mean()), len(correct)
    ends = [round(float(end), 4) for end in share_interval(share, rows)]
    return {"rows": rows, "accuracy": round(share, 4), "interval": ends}
