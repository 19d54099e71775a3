"""Two models on the same labelled rows: who is right where, how quick, how large."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from sentiment.classifier import Classifier
from training.config import ConfigError
from training.evaluation import behaviour
from training.evaluation.evaluate import answered, seen
from training.evaluation.figures import FIGURES
from training.evaluation.labelled import Labelled
from training.evaluation.score import Answers, score
from training.promotion import of_task

_TIMED_TEXTS = 200


def compare(
    candidate: Path,
    current: Path,
    data: Labelled,
    *,
    suite: Path | None = None,
    with_text: bool = True,
) -> dict[str, Any]:
    """Measure two bundles of the same task and the same labels on n rows.

    Args:
        candidate, current: directories of versions.
        data: rows whose labels index the current model's labels.
        suite: the folder of a behavioural suite, to have it run too.
        with_text: whether flips hold the beginning of their text.
    Returns:
        task, candidate and current (each with its figures and bytes), data, left_out, notes, a
        test and flips (of the task's `differences`), suite (None where it was not run) and speed,
        as JSON values.
    Raises:
        BundleError: one of the two cannot be used.
        ConfigError: their tasks or labels differ, or the suite cannot be used.
        DataError: no row has an answer, or those that have are all of one class.
    """
    new, old = Classifier.load(candidate), Classifier.load(current)
    if new.task.name != old.task.name:
        raise ConfigError(
            f"{candidate} is a {new.task.name}, and {current} a {old.task.name}. A model of "
            "another task needs a name of its own."
        )
    if set(new.labels) != set(old.labels):
        raise ConfigError(
            f"{candidate} answers {', '.join(new.labels)}, and {current} answers "
            f"{', '.join(old.labels)}. A model of other labels needs a name of its own."
        )
    if suite:
        behaviour.predictor(old)  # refuses other labels before the rows take their time
    texts = data.examples.texts
    before, after = score(old, texts), score(new, texts)
    if old.labels:
        order = [new.labels.index(label) for label in old.labels]
        after = replace(after, values=after.values[:, order])
    # A row that one of the two cannot answer is left out for both.
    unanswered = ~(before.given & after.given)
    before.values[unanswered] = after.values[unanswered] = np.nan
    rows, before, left_out = answered(data, before)
    _, after, _ = answered(data, after)
    return {
        "task": old.task.name,
        "candidate": _measured(new, candidate, after, rows),
        "current": _measured(old, current, before, rows),
        "data": data.files,
        "left_out": left_out,
        "notes": [note for model in (new, old) for note in seen(model, data.files)],
        **of_task.PARTS[old.task.name].differences(before, after, rows, with_text=with_text),
        "suite": {"candidate": _failures(new, suite), "current": _failures(old, suite)}
        if suite
        else None,
        "speed": _speed(new, old, rows.examples.texts),
    }


def _measured(model: Classifier, folder: Path, answers: Answers, rows: Labelled) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "figures": FIGURES[model.task.name].measure(
            answers.values, rows.examples.labels, rows.examples.label_names
        ),
    }


def _failures(model: Classifier, suite: Path) -> dict[str, Any]:
    """Return the share that fails, by capability, and their mean."""
    results = behaviour.run(behaviour.predictor(model), suite)
    rates = {name: round(result.rate, 4) for name, result in results.items()}
    return {"mean": round(behaviour.mean_rate(results), 4), "capabilities": rates}


def _speed(new: Classifier, old: Classifier, texts: Sequence[str]) -> dict[str, float]:
    """Time texts one by one on both models in turn, so that what slows the machine slows both.

    Returns:
        milliseconds of a text, the median for each; and the median of the ratios, text by text.
    """
    chosen = np.linspace(0, len(texts) - 1, min(_TIMED_TEXTS, len(texts))).astype(int)
    milliseconds = np.array(
        [[_time(model, texts[row]) for model in (new, old)] for row in chosen]
    )  # (texts, 2)
    return {
        "candidate": round(median(milliseconds[:, 0]), 4),
        "current": round(median(milliseconds[:, 1]), 4),
        "ratio": round(median(milliseconds[:, 0] / milliseconds[:, 1]), 4),
    }


def _time(model: Classifier, text: str) -> float:
    model.predict([text])  # warm, as the other is in its turn
    start = perf_counter()
    model.predict([text])
    return 1e3 * (perf_counter() - start)
