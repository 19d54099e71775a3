"""What a configuration makes of its data: the numbers behind the shapes, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.config import FitConfig, TrainingConfig, VectorsConfig
from training.features import Features, names, of_vocabulary
from training.rows import sources
from training.tensor import shapes, tensor_files
from training.tensor.timesteps import describe_cut, lost

_LARGE = 10  # a tensor's values beyond this saturate the gates
_QUANTILES = (0.5, 0.9, 0.95, 0.99, 1)
# The classes of a task where no data are read, and what is said of them.
_ANSWERS = {
    "classification": ("C", "C: as many as the data have labels (--data reads them)"),
    "regression": (None, "values: one of each text"),
}


def text(config: TrainingConfig, directories: Sequence[Path] | None = None) -> str:
    """Describe a fit's tensor at every stage.

    Args:
        directories: where the configuration's files are; they give T, V, F and C their numbers.
            None reads nothing, and leaves a letter where a number depends on the data.
    Raises:
        ConfigError, DataError: the configuration or a file cannot be used.
    """
    if directories is None:
        return _without_data(config)
    from training import vectors  # gensim takes seconds to import
    from training.prepare import learn_pipeline

    data = sources.load(
        config.data,
        seed=config.fit.seed,
        directories=directories,
        lexicon=config.features.lexicon,
    )
    pipeline, ids = learn_pipeline(config, data)
    lengths = list(map(len, ids))
    vocabulary = len(pipeline.tokenizer.vocabulary())
    timesteps = pipeline.config.timesteps
    extra = of_vocabulary(pipeline.tokenizer, config.features, data.lexicon)
    features = vectors.count_features(config.vectors) + len(extra.names)
    labels = data.train.label_names
    quantiles = ", ".join(
        f"{share:.0%} {int(np.quantile(lengths, share, method='higher')):,}" for share in _QUANTILES
    )
    lines = [
        f"n = {len(data.train):,} training rows in all; {_batch(config.fit)}",
        *_pinned(config.fit),
        f"T = {timesteps}: {describe_cut(lengths, timesteps, pipeline.config.truncating)}",
        f"    tokens of a row, by share of the rows that have no more: {quantiles}",
        *_at_prediction(f"{pipeline.config.overlap}"),
        f"V = {vocabulary:,} rows of the vocabulary",
        f"F = {features}: {_origin(config.vectors)}{_beside(extra.names)}",
        *_carried(extra),
        f"C = {len(labels)}: {', '.join(labels)}"
        if labels
        else f"values: {data.train.described()}",
    ]
    return _page_of_text(
        config,
        lines,
        timesteps=timesteps,
        vocabulary=vocabulary,
        features=features,
        classes=len(labels) or None,
    )


def array(
    config: TrainingConfig,
    path: Path,
    *,
    timesteps: int | None = None,
    features: int | None = None,
    labels: Path | None = None,
) -> str:
    """Describe the stages of a user's own tensor; with labels, train the network on it.

    Raises:
        ShapeError: the array or the labels cannot be used.
    """
    tensor, mask = tensor_files.read(path, timesteps=timesteps, features=features)
    n, steps, width = tensor.shape
    lines = [f"{path.name}: float32 {tensor.shape}, (samples, timesteps, features)"]
    if not mask.all():
        lines.append(f"    {1 - mask.mean():.1%} of the timesteps are padding, and masked")
    if np.abs(tensor).max() > _LARGE:
        lines.append(
            f"    values from {tensor.min():g} to {tensor.max():g}: an LSTM learns best from "
            "features scaled to about -1 to 1"
        )
    if labels is None:
        stages = shapes.of_tensor(config.network, samples=n, timesteps=steps, features=width)
        return _page(lines, stages)
    names, indices = tensor_files.read_labels(labels, n)
    lines.append(f"{labels.name}: {len(names)} classes, {', '.join(names)}")
    from training.tensor import numeric  # after the labels, whose errors need no TensorFlow

    learned = numeric.train(tensor, mask, indices, config)
    stages = shapes.of_tensor(
        config.network, samples=n, timesteps=steps, features=width, classes=len(names)
    )
    measured = f"{learned.held} samples held out" if learned.held else "the samples learned from"
    figures = [
        f"loss by epoch: {', '.join(f'{loss:.4f}' for loss in learned.losses)}",
        f"accuracy {learned.accuracy:.3f} on {measured}; the most frequent class: "
        f"{learned.majority:.3f}",
    ]
    if fixed := config.fit.fixed_batch:
        figures.append(f"learned with batch_shape = ({fixed}, T, {width}); n is free at prediction")
    for other in (max(steps // 2, 1), 2 * steps):
        sample = np.resize(tensor[:1], (1, other, width))
        answer = numeric.predict(learned.model, sample)
        figures.append(f"prediction with {other} timesteps: {sample.shape} -> {answer.shape}")
    return _page(lines, stages) + "\n".join(["", *figures, ""])


def _without_data(config: TrainingConfig) -> str:
    pipeline = config.pipeline
    by_rows = pipeline.timesteps_quantile is not None
    timesteps: shapes.Axis = "T" if by_rows else pipeline.timesteps
    extra = names(config.features, None)
    if config.features.lexicon:
        extra = (*extra, f"those of {config.features.lexicon}")
    features: shapes.Axis = "F"
    if config.vectors.path is None and config.features.lexicon is None:
        features = config.vectors.features + len(extra)
    classes, answers = _ANSWERS[config.data.task]
    quantile = f"the {pipeline.timesteps_quantile} quantile of the training rows' lengths, "
    lines = [
        f"n: {_batch(config.fit)}",
        *_pinned(config.fit),
        f"T: {f'{quantile}at most ' if by_rows else ''}{pipeline.timesteps}; a longer training row "
        f"loses its {lost(pipeline.truncating)}",
        *_at_prediction(f"{pipeline.overlap}{', and at most half of T' if by_rows else ''}"),
        f"V: at most {config.tokenizer.vocabulary_size:,} rows of the vocabulary",
        f"F: {_origin(config.vectors)}{_beside(extra)}",
        answers,
    ]
    return _page_of_text(config, lines, timesteps=timesteps, features=features, classes=classes)


def _page_of_text(config: TrainingConfig, lines: Sequence[str], **sizes: Any) -> str:
    """Describe the stages with these sizes of the axes, and n as in training."""
    samples = config.fit.fixed_batch or "n"
    return _page(lines, shapes.of_text(config.network, samples=samples, **sizes))


def _batch(config: FitConfig) -> str:
    size = f"at most {config.batch_size:,} rows and {config.batch_tokens:,} timesteps"
    if config.fixed_batch:
        size = f"batch_shape = ({config.fixed_batch}, T)"
    side = "before" if config.padding == "pre" else "after"
    return f"a training batch has {size}; shorter rows are padded {side} their text to its longest"


def _pinned(config: FitConfig) -> list[str]:
    """Say for what a fixed batch is fixed."""
    if config.fixed_batch is None:
        return []
    return [
        f"    {config.fixed_batch} on the samples axis is for training alone: export frees it, and "
        "the model takes any number of texts"
    ]


def _at_prediction(overlap: str) -> list[str]:
    """Say what becomes of texts that are longer or shorter than T.

    Args:
        overlap: how many timesteps two windows share, in words.
    """
    return [
        f"    a longer text at prediction: windows of T timesteps that share {overlap}, their "
        "answers averaged; or it is truncated, or refused, as the caller asks",
        "    a shorter one: padded, and the padding masked",
    ]


def _origin(config: VectorsConfig) -> str:
    trained = f"{config.features} {config.method}"
    if config.path is None:
        return trained
    return config.path if config.method == "file" else f"those of {config.path}, and {trained}"


def _beside(extra: Sequence[str]) -> str:
    return f", and extra features of the token: {', '.join(extra)}" if extra else ""


def _carried(extra: Features) -> list[str]:
    """Say how many rows of the vocabulary have each extra feature."""
    counts = (extra.values != 0).sum(axis=0)
    carried = [f"{name} {count:,}" for name, count in zip(extra.names, counts, strict=True)]
    return [f"    rows of the vocabulary that have it: {', '.join(carried)}"] if carried else []


def _page(lines: Sequence[str], stages: Sequence[shapes.Stage]) -> str:
    explained = (
        "An LSTM reads (samples, timesteps, features). return_sequences=True keeps the timesteps "
        "for the next\nlayer and for the pooling; the padding of a row is masked, so a shorter or "
        "longer T changes no answer."
    )
    return "\n".join([*lines, "", shapes.table(stages), "", explained, ""])
