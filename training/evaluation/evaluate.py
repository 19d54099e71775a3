"""A saved model on labelled rows: figures, their intervals, calibration, slices, mistakes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment.classifier import Classifier
from training.evaluation.calibration import calibration_curve
from training.evaluation.labelled import Labelled
from training.evaluation.measures import intervals, measure, restrict, share_interval
from training.evaluation.score import Answers, score
from training.evaluation.slices import slices
from training.rows.decoding import DataError

_MISTAKES = 20


def evaluate(classifier: Classifier, data: Labelled, *, with_text: bool = True) -> dict[str, Any]:
    """Measure a model on n rows, all of them together one data set (see `measure`).

    Args:
        data: rows whose labels index the model's labels.
        with_text: whether mistakes hold the beginning of their text.
    Returns:
        model, data, left_out (rows without a token), notes, figures (of `measure`), intervals,
        confidence (the mean), calibration, slices and mistakes, as JSON values.
    Raises:
        DataError: no row has an answer, or those that have are all of one class.
    """
    answers = score(classifier, data.examples.texts)
    data, answers, left_out = answered(data, answers)
    labels, names = data.examples.labels, data.examples.label_names
    classes = np.unique(labels)
    probabilities = restrict(answers.probabilities, classes)
    answer = classes[probabilities.argmax(axis=1)]
    confidence, correct = probabilities.max(axis=1), answer == labels
    figures = measure(answers.probabilities, labels, names)
    return {
        "model": {
            "name": classifier.name,
            "version": classifier.version,
            "created": classifier.bundle.manifest.created,
            "labels": list(classifier.labels),
        },
        "data": data.files,
        "left_out": left_out,
        "notes": [*_notes(answers, labels, names), *seen(classifier, data.files)],
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


def answered(data: Labelled, answers: Answers) -> tuple[Labelled, Answers, int]:
    """Leave out the rows that have no answer; return how many those were.

    Raises:
        DataError: fewer than two classes are left.
    """
    given = answers.given
    kept = data.take(given)
    if len(np.unique(kept.examples.labels)) < 2:
        names = ", ".join(file["name"] for file in data.files)
        raise DataError(
            f"{names}: of {len(given)} rows {given.sum()} hold a token, and those are not of two "
            "classes; there is nothing to measure."
        )
    answers = Answers(
        answers.probabilities[given], answers.tokens[given], answers.unknown_rate[given]
    )
    return kept, answers, int((~given).sum())


def seen(classifier: Classifier, files: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say which files the model was made from, by their hashes."""
    known = {entry["sha256"]: entry["role"] for entry in classifier.bundle.manifest.data}
    for file in files:
        if role := known.get(file["sha256"]):
            yield (
                f"{file['name']} is one of the files that {classifier.name}/{classifier.version} "
                f"was made from ({role}): figures on fresh rows will be lower."
            )


def _notes(answers: Answers, labels: npt.NDArray[np.int32], names: Sequence[str]) -> Iterator[str]:
    classes = np.unique(labels)
    absent = [name for index, name in enumerate(names) if index not in classes]
    if absent:
        free = ~np.isin(answers.probabilities.argmax(axis=1), classes)
        yield (
            f"No row is {' or '.join(absent)}: the answer is the most probable of "
            f"{', '.join(names[index] for index in classes)}. Left free, the model says "
            f"{' or '.join(absent)} on {free.mean():.1%} of the rows."
        )


def _share_right(correct: npt.NDArray[np.bool_]) -> dict[str, Any]:
    share, rows = float(correct.mean()), len(correct)
    ends = [round(float(end), 4) for end in share_interval(share, rows)]
    return {"rows": rows, "accuracy": round(share, 4), "interval": ends}
