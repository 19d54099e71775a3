"""Examples -> rows of ids with their targets and weights, ready to be batched."""

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sentiment.pipeline import Pipeline
from training.batches import Rows
from training.config import ConfigError, FitConfig
from training.rows.dataset import Examples
from training.rows.decoding import DataError
from training.rows.formats import did_you_mean

logger = logging.getLogger(__name__)

_TEXTS_AT_ONCE = 2_000


def encode(
    pipeline: Pipeline,
    examples: Examples,
    uncut: Sequence[npt.NDArray[np.int32]] | None = None,
) -> tuple[Examples, list[npt.NDArray[np.int32]]]:
    """Bring each text to one row of at most T ids; those without a token are left out.

    Args:
        uncut: what `token_ids` gives for the texts, where it is there already.
    """
    if uncut is None:
        uncut = token_ids(pipeline, examples.texts)
    ids = [pipeline.truncate(row) for row in uncut]
    kept = [index for index, row in enumerate(ids) if len(row)]
    if not kept:
        raise DataError(f"{', '.join(examples.source_names)}: no text holds a token")
    if len(kept) < len(ids):
        logger.warning("%d texts hold no token and are left out", len(ids) - len(kept))
    return examples.take(kept), [ids[index] for index in kept]


def token_ids(pipeline: Pipeline, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
    """Tokenize m texts: m rows of ids, as long as they are."""
    return [
        np.array(ids, np.int32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
        for ids in pipeline.tokenizer.encode_ids(texts[start : start + _TEXTS_AT_ONCE])
    ]


def labelled_rows(
    train: Examples,
    ids: list[npt.NDArray[np.int32]],
    repeats: npt.NDArray[np.float32],
    smoothing: npt.NDArray[np.float32],
    config: FitConfig,
) -> Rows:
    """Give each row of an example its label as target.

    Args:
        repeats: float32 (sources,), how often an epoch reads each row of a source.
        smoothing: float32 (sources,), the share of a label that all C labels get alike (Szegedy et
            al. 2016, "Rethinking the Inception Architecture", section 7).
    Raises:
        ConfigError: the class weights name an unknown label.
    """
    one_hot = np.eye(len(train.label_names), dtype=np.float32)[train.labels]  # (n, C)
    share = smoothing[train.sources, None]  # (n, 1)
    by_row = repeats[train.sources]
    if config.oversample:
        by_row = _oversampled(train.labels, by_row)
    return Rows(
        ids=ids,
        targets=_targets(one_hot * (1 - share) + share / len(train.label_names)),
        weights=_class_weights(train, by_row, config),
        repeats=by_row,
    )


def _class_weights(
    train: Examples, repeats: npt.NDArray[np.float32], config: FitConfig
) -> npt.NDArray[np.float32]:
    """Return what each row counts in the loss, by its class: float32 (n,)."""
    wanted = config.class_weight
    names = train.label_names
    if wanted is None:
        return np.ones(len(train), np.float32)
    if isinstance(wanted, str):
        groups = train.sources if wanted == "balanced_by_source" else np.zeros_like(train.sources)
        return _balanced(groups, train.labels, repeats)
    for name in wanted:
        if name not in names:
            raise ConfigError(
                f'fit.class_weight: "{name}" is not one of {", ".join(names)}.'
                + did_you_mean(name, names)
            )
    return np.array([wanted.get(name, 1.0) for name in names], np.float32)[train.labels]


def _balanced(
    groups: npt.NDArray[np.int32],
    labels: npt.NDArray[np.int32],
    repeats: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Let the classes that a group of rows holds count alike within it: float32 (n,)."""
    counts = np.zeros((groups.max() + 1, labels.max() + 1))
    np.add.at(counts, (groups, labels), repeats)
    share = counts.sum(axis=1) / np.maximum((counts > 0).sum(axis=1), 1)  # (groups,)
    return (share[groups] / counts[groups, labels]).astype(np.float32)


def _oversampled(
    labels: npt.NDArray[np.int32], repeats: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Let an epoch read every class as often as the most frequent one: float32 (n,)."""
    reads = np.bincount(labels, weights=repeats)  # (C,)
    return (repeats * (reads.max() / np.maximum(reads, 1e-12))[labels]).astype(np.float32)


def taught_rows(
    pipeline: Pipeline,
    ids: Sequence[npt.NDArray[np.int32]],
    probabilities: npt.NDArray[np.float32],
    repeats: npt.NDArray[np.float32],
) -> Rows:
    """Give m rows, cut to T, the probabilities, (m, C), of teachers; empty rows are left out."""
    ids, kept = _cut(pipeline, ids)
    return Rows(
        ids=ids,
        targets=_targets(probabilities[kept]),
        weights=np.ones(len(kept), np.float32),
        repeats=repeats[kept],
    )


def _cut(
    pipeline: Pipeline, ids: Sequence[npt.NDArray[np.int32]]
) -> tuple[list[npt.NDArray[np.int32]], npt.NDArray[np.int64]]:
    """Cut m rows to T; return those that are not empty, and which they are."""
    kept = np.array([index for index, row in enumerate(ids) if len(row)], np.int64)
    return [pipeline.truncate(ids[index]) for index in kept], kept


def join(first: Rows, second: Rows) -> Rows:
    """Put two sets of rows into one."""
    return Rows(
        ids=[*first.ids, *second.ids],
        targets=np.concatenate([first.targets, second.targets]),
        weights=np.concatenate([first.weights, second.weights]),
        repeats=np.concatenate([first.repeats, second.repeats]),
    )


def _targets(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring (n, C) to the network's columns: of two classes, the second alone."""
    return probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities
