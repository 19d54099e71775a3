"""A saved model on labelled rows: figures, their intervals, slices, mistakes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sentiment.classifier import Classifier
from training.evaluation import of_classes, of_values
from training.evaluation.labelled import Labelled
from training.evaluation.score import Answers, score
from training.rows.decoding import DataError
from training.rows.sources import learned_from

_PARTS = {"classification": of_classes, "regression": of_values}


def evaluate(classifier: Classifier, data: Labelled, *, with_text: bool = True) -> dict[str, Any]:
    """Measure a model on n rows, all of them together one data set.

    Args:
        data: rows whose labels are as the model numbers them, or values.
        with_text: whether mistakes hold the beginning of their text.
    Returns:
        model, data, left_out (rows without a token), notes, and what the task's module measures
        (`of_classes.details`, `of_values.details`), as JSON values.
    Raises:
        DataError: no row has an answer, or those that have all have one label.
    """
    answers = score(classifier, data.examples.texts)
    data, answers, left_out = answered(data, answers)
    part = _PARTS[classifier.task.name]
    return {
        "model": {
            "name": classifier.name,
            "version": classifier.version,
            "created": classifier.bundle.manifest.created,
            "task": classifier.task.name,
            "labels": list(classifier.labels),
        },
        "data": data.files,
        "left_out": left_out,
        "notes": [*part.notes(answers, data), *seen(classifier, data.files)],
        **part.details(answers, data, with_text=with_text),
    }


def answered(data: Labelled, answers: Answers) -> tuple[Labelled, Answers, int]:
    """Leave out the rows that have no answer; return how many those were.

    Raises:
        DataError: fewer than two different labels are left.
    """
    given = answers.given
    kept = data.take(given)
    if len(np.unique(kept.examples.labels)) < 2:
        names = ", ".join(file["name"] for file in data.files)
        raise DataError(
            f"{names}: of {len(given)} rows {given.sum()} hold a token, and those do not have two "
            "different labels; there is nothing to measure."
        )
    answers = Answers(answers.values[given], answers.tokens[given], answers.unknown_rate[given])
    return kept, answers, int((~given).sum())


def seen(classifier: Classifier, files: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say which files the model was made from, by their hashes."""
    files_read = learned_from(classifier.bundle.manifest.data)
    known = {entry["sha256"]: entry["role"] for entry in files_read}
    for file in files:
        if role := known.get(file["sha256"]):
            yield (
                f"{file['name']} is one of the files that {classifier.name}/{classifier.version} "
                f"was made from ({role}): figures on fresh rows will be lower."
            )
