"""One run, from a configuration to a verified bundle."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from sentiment.pipeline import Pipeline
from training import distil, export, graph, learn, network, vectors
from training.assemble import Trained, assemble
from training.batches import Rows
from training.config import ConfigError, TrainingConfig
from training.encode import (
    encode,
    join,
    labelled_rows,
    taught_rows,
    token_ids,
    with_unlabelled,
)
from training.evaluation.temperature import fit_temperature
from training.prepare import learn_pipeline
from training.rows import sources
from training.rows.dataset import Examples
from training.transfer import head_for

logger = logging.getLogger(__name__)


def fit(
    config: TrainingConfig,
    model_directory: Path,
    *,
    data_directories: Sequence[Path] = (),
    base: Path | None = None,
) -> Path:
    """Train a model and save it as the next version of `models/<name>`.

    Args:
        data_directories: where the configuration's files are looked for.
        base: a bundle to go on from: its tokenizer, pipeline, network and weights are taken over,
            and the configuration's are not looked at.
    Returns:
        The new version's directory. It becomes current only where the model had no version.
    Raises:
        ConfigError, DataError: the configuration or the data cannot be used.
        BundleError: the base cannot be used, or the new bundle failed its own check.
    """
    with _made(model_directory):
        bundle = _train(config, data_directories, base)
        first = not (model_directory / bundles.CURRENT).exists()
        directory = bundles.save(bundle, model_directory, verify=Classifier.load)
        if first:
            bundles.activate(model_directory, directory.name)
    return directory


def try_out(
    config: TrainingConfig, data: sources.Data, *, after_epoch: learn.AfterEpoch
) -> list[dict[str, float]]:
    """Train a model, and save nothing.

    Args:
        data: of the configuration; the same may be given again.
        after_epoch: as `learn.learn` calls it.
    Returns:
        What each epoch measured on the validation rows.
    """
    keras.utils.set_random_seed(config.fit.seed)
    ready = _prepare(config, data, None)
    return learn.learn(
        ready.trained.model,
        ready.rows,
        ready.checked,
        config.fit,
        config.objective,
        after_epoch=after_epoch,
    )


def _train(config: TrainingConfig, data_directories: Sequence[Path], base: Path | None) -> Bundle:
    keras.utils.set_random_seed(config.fit.seed)
    data = sources.load(config.data, seed=config.fit.seed, directories=data_directories)
    logger.info(
        "%d rows to train on (%s), %d for validation, %d unlabelled, %d taught",
        len(data.train),
        ", ".join(f"{count} {name}" for name, count in data.train.counts().items()),
        len(data.validation),
        len(data.unlabelled),
        len(data.taught.texts),
    )
    ready = _prepare(config, data, bundles.load(base) if base is not None else None)
    trained, checked = ready.trained, ready.checked
    history = learn.learn(trained.model, ready.rows, checked, config.fit, config.objective)
    _finish_embedding(trained, ready.seen, name_emoji=base is None)
    temperature = fit_temperature(checked.logits(trained.model), checked.labels, checked.sources)
    return assemble(
        config,
        data.files,
        trained,
        temperature=temperature,
        history=history,
        validation=ready.validation,
    )


@dataclass(frozen=True)
class _Ready:
    """A network that has learned nothing yet, and all that it learns from.

    `seen` are the ids of the texts with labels or teachers' opinions of their own.
    """

    trained: Trained
    rows: Rows
    seen: list[npt.NDArray[np.int32]]
    validation: Examples
    checked: learn.Validation


def _prepare(config: TrainingConfig, data: sources.Data, origin: Bundle | None) -> _Ready:
    if origin is not None:
        pipeline = Pipeline(origin.tokenizer, origin.manifest.pipeline)
    else:
        pipeline, _ = learn_pipeline(config, data)
    train, ids = encode(pipeline, data.train)
    validation, validation_ids = encode(pipeline, data.validation)
    rows = labelled_rows(train, ids, data.repeats, config.fit)
    unlabelled_ids = token_ids(pipeline, data.unlabelled)
    trained = _untrained(config, train.label_names, pipeline, ids + unlabelled_ids, origin)
    taught_ids = token_ids(pipeline, data.taught.texts)
    rows = join(
        rows,
        taught_rows(pipeline, taught_ids, data.taught.probabilities, data.taught.repeats),
    )
    if config.distil.teachers:
        opinions = distil.teach(
            config.distil.teachers, train, data.unlabelled, seed=config.fit.seed
        )
        rows = join(rows, taught_rows(pipeline, unlabelled_ids, opinions, data.unlabelled_repeats))
    elif config.objective.unlabelled:
        rows = with_unlabelled(rows, pipeline, unlabelled_ids, data.unlabelled_repeats)
    checked = learn.Validation(
        validation_ids,
        validation.labels,
        validation.sources,
        trained.labels,
        batch_tokens=config.fit.batch_tokens,
    )
    return _Ready(trained, rows, ids + taught_ids, validation, checked)


@contextmanager
def _made(directory: Path) -> Iterator[None]:
    """Find out before hours of training whether a model can be saved; leave no empty folder."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--output {directory}: cannot be made: {error.strerror}") from None
    try:
        yield
    finally:
        with suppress(OSError):  # it stays unless it is empty
            directory.rmdir()


def _untrained(
    config: TrainingConfig,
    labels: tuple[str, ...],
    pipeline: Pipeline,
    ids: list[npt.NDArray[np.int32]],
    origin: Bundle | None,
) -> Trained:
    """Build the network, with start vectors or with the base's weights.

    Args:
        ids: of all texts there are, for the vectors to be trained on.
    """
    vocabulary = pipeline.tokenizer.vocabulary()
    if origin is not None:
        shape = origin.manifest.network
        settings = export.network_config(origin)
        weights = graph.from_onnx(origin.network)
        head_for(weights, origin.manifest.labels, labels, seed=config.fit.seed)
        model = network.build(
            settings, vocabulary=len(vocabulary), features=shape["features"], classes=len(labels)
        )
        export.load_weights(model, settings, weights)
        coverage = origin.manifest.metrics["coverage"]
        return Trained(model, settings, shape["storage"], pipeline, labels, coverage)
    start = vectors.start(
        ids, vocabulary, config.vectors, seed=config.fit.seed, workers=os.cpu_count() or 1
    )
    logger.info("vectors: %s", start.coverage)
    model = network.build(
        config.network,
        vocabulary=len(vocabulary),
        features=start.values.shape[1],
        classes=len(labels),
    )
    model.get_layer("embedding").set_weights([start.values])
    return Trained(model, config.network, config.vectors.storage, pipeline, labels, start.coverage)


def _finish_embedding(
    trained: Trained, ids: list[npt.NDArray[np.int32]], *, name_emoji: bool
) -> None:
    """Bring the embedding to what is stored, so that what is measured is what is served.

    Args:
        name_emoji: whether emoji that no training text holds follow the words of their names; a
            base's stay as the base learned them.
    """
    (values,) = trained.model.get_layer("embedding").get_weights()
    vocabulary = trained.pipeline.tokenizer.vocabulary()
    unseen = np.bincount(np.concatenate(ids), minlength=len(vocabulary)) == 0
    if name_emoji:
        vectors.name_emoji(values, vocabulary, unseen=unseen)
    trained.model.get_layer("embedding").set_weights(
        [values.astype(trained.storage).astype(np.float32)]
    )
