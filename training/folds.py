"""Cross-validation: each part of the rows is measured by a model that learned from the others."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from sentiment.bundle import Bundle
from training.rows.dataset import Examples, normalise, normalised
from training.rows.decoding import DataError
from training.rows.sources import Data, without_leaks

logger = logging.getLogger(__name__)


def over_folds(
    data: Data, folds: int, make: Callable[[Data], Bundle], *, seed: int
) -> list[dict[str, dict[str, Any]]]:
    """Train as many models as there are folds.

    All labelled rows are cut into folds, those of validation files too, which are read once an
    epoch. Each fold in turn is the validation data, and the others are learned from.

    Args:
        make: trains a model, and measures it on the data's validation examples.
    Returns:
        Of each fold, the figures of each data set by its name.
    Raises:
        DataError: the rows of a label are too few.
    """
    examples = _all(data)
    others = len(examples.source_names) - len(data.repeats)  # validation files
    repeats = np.pad(data.repeats, (0, others), constant_values=1)
    smoothing = np.pad(data.smoothing, (0, others))
    fold_of = assign(examples, folds, seed=seed)
    figures = []
    for fold in range(folds):
        logger.info("fold %d of %d", fold + 1, folds)
        validation = examples.take(fold_of == fold)
        bundle = make(
            replace(
                data,
                train=examples.take(fold_of != fold),
                repeats=repeats,
                smoothing=smoothing,
                validation=validation,
                taught=without_leaks(data.taught, normalised(validation.texts)),
            )
        )
        figures.append(bundle.manifest.metrics["validation"])
    return figures


def _all(data: Data) -> Examples:
    """Join what was held out, or stands in validation files, to the training examples."""
    train, validation = data.train, data.validation
    return replace(
        train,
        texts=train.texts + validation.texts,
        labels=np.concatenate([train.labels, validation.labels]),
        sources=np.concatenate([train.sources, validation.sources]),
        source_names=validation.source_names,  # the training sources come first among them
    )


def assign(examples: Examples, folds: int, *, seed: int) -> npt.NDArray[np.int32]:
    """Give each example a fold: int (n,).

    Each fold has about the same share of each label, or of each part of the values, and rows of
    the same text, but for case and spacing, are in one fold.

    Raises:
        DataError: a label has fewer different texts than there are folds.
    """
    numbers: dict[str, int] = {}
    text = np.array([numbers.setdefault(normalise(t), len(numbers)) for t in examples.texts], int)
    stratum, named = examples.strata()
    for number, what in enumerate(named):
        texts = len(np.unique(text[stratum == number]))
        if texts < folds:
            raise DataError(
                f"--folds {folds}: only {texts} different texts are {what}. Every fold "
                "needs one: give more rows, or fewer folds."
            )
    fold_of = np.empty(len(examples), np.int32)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = splitter.split(text, stratum, groups=text)
    for fold, (_, rows) in enumerate(parts):
        fold_of[rows] = fold
    return fold_of
