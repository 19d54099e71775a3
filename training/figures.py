"""Figures: of a model on each data set, and of several runs with their mean and deviation."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment.classifier import Classifier
from sentiment.prediction import Prediction
from training.dataset import Examples
from training.evaluate import measure

NAMES = ("accuracy", "macro_recall", "macro_f1", "nll", "calibration_error")


def by_source(classifier: Classifier, examples: Examples) -> dict[str, dict[str, Any]]:
    """Measure a model through the serving path, on each data set by its name.

    Args:
        examples: of labels that the model knows. A text without an answer is left out.
    """
    answers = classifier.predict(examples.texts)
    answered = np.array([isinstance(answer, Prediction) for answer in answers], bool)
    probabilities = np.array(
        [list(a.probabilities.values()) for a in answers if isinstance(a, Prediction)]
    )  # (n, C)
    known = examples.take(answered)
    index = {name: number for number, name in enumerate(classifier.labels)}
    labels = np.array([index[known.label_names[label]] for label in known.labels], np.int32)
    figures = {}
    for number, name in enumerate(known.source_names):
        rows = known.sources == number
        if rows.any():
            figures[name] = measure(probabilities[rows], labels[rows], classifier.labels)
    return figures


def table(what: str, runs: Sequence[dict[str, dict[str, Any]]], *, first: int = 1) -> str:
    """Write a table for each data set: a line for each run, and what they come to.

    Args:
        what: a run is, as "fold"; the lines are numbered from `first`.
        runs: of each, the figures of each data set, as `evaluate.measure` gives them. A data set
            may be missing in some.
    Returns:
        Lines of text. The deviation is that of a sample, 0 of a single run.
    """
    lines = []
    for name in dict.fromkeys(name for run in runs for name in run):
        found = {f"{what} {n}": run[name] for n, run in enumerate(runs, first) if name in run}
        values = np.array([[run[figure] for figure in NAMES] for run in found.values()])
        deviation = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(NAMES))
        lines.append(_line(name, ["rows", *NAMES]))
        for (label, run), row in zip(found.items(), values, strict=True):
            lines.append(_line(label, [str(run["rows"]), *_numbers(row)]))
        lines.append(_line("mean", ["", *_numbers(values.mean(axis=0))]))
        lines.append(_line("standard deviation", ["", *_numbers(deviation)]))
        lines.append("")
    return "\n".join(lines)


def _numbers(values: Any) -> list[str]:
    return [f"{value:.4f}" for value in values]


def _line(label: str, cells: Sequence[str]) -> str:
    widths = (8, *(max(len(name), 8) + 2 for name in NAMES))
    row = "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{label:<24}{row}".rstrip()
