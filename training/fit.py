"""One run, from a configuration to a verified bundle."""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from sentiment.pipeline import Pipeline
from sentiment.tokenizer import Tokenizer
from training import checkpoint as checkpoints
from training import distil, evaluate, export, graph, learn, network, replay, sources, vectors
from training.assemble import Trained, assemble, library_versions
from training.checkpoint import Checkpoint, Prepared
from training.config import ConfigError, TrainingConfig
from training.encode import encode, join, labelled_rows, taught_rows, token_ids
from training.figures import table
from training.folds import over_folds
from training.seeds import best_of
from training.transfer import head_for

logger = logging.getLogger(__name__)


def fit(
    config: TrainingConfig,
    model_directory: Path,
    *,
    data_directories: Sequence[Path] = (),
    base: Path | None = None,
    seeds: int = 1,
    resume: bool = False,
    checkpoint_minutes: float = checkpoints.MINUTES,
) -> Path:
    """Train a model and save it as the next version of `models/<name>`.

    What it has come to stands in `models/<name>/checkpoint.npz` until the model is saved.

    Args:
        data_directories: where the configuration's files are looked for.
        base: a bundle to go on from: its tokenizer, pipeline, network and weights are taken over,
            and the configuration's are not looked at.
        seeds: how many models to train, from the configuration's seed on; the best is saved.
        resume: go on from the checkpoint of an interrupted run, to the same model.
        checkpoint_minutes: how often the checkpoint is written within an epoch.
    Returns:
        The new version's directory. It becomes current only where the model had no version.
    Raises:
        ConfigError, DataError: the configuration, the data or the checkpoint cannot be used.
        BundleError: the base cannot be used, or the new bundle failed its own check.
        KeyboardInterrupt: with where the checkpoint is, if there is one.
    """
    with _made(model_directory):
        data = sources.load(config.data, seed=config.fit.seed, directories=data_directories)
        origin = bundles.load(base) if base is not None else None
        known = replay.load(origin, data.train, data_directories) if origin is not None else None
        checkpoint = Checkpoint(
            model_directory / checkpoints.NAME,
            _identity(config, data, origin),
            minutes=checkpoint_minutes,
        )
        if resume:
            checkpoint.read()
        elif seeds == 1 and checkpoint.path.exists():
            logger.warning(
                "%s is of an interrupted run, and will be replaced: --resume would go on with it",
                checkpoint.path,
            )
        try:
            if seeds == 1:
                bundle = make_bundle(config, data, origin, checkpoint=checkpoint)
            else:  # without a checkpoint, which holds one run
                bundle = best_of(config, seeds, lambda one: make_bundle(one, data, origin))
            if origin is not None and known is not None:
                bundle = replay.report(bundle, origin, known)
            first = not (model_directory / bundles.CURRENT).exists()
            directory = bundles.save(bundle, model_directory, verify=Classifier.load)
        except KeyboardInterrupt:
            if checkpoint.state is None:
                raise
            raise KeyboardInterrupt(
                f"{checkpoint.path} holds {checkpoint.state.step} batches of learning; "
                "the same command with --resume goes on from there"
            ) from None
        checkpoint.remove()
        if first:
            bundles.activate(model_directory, directory.name)
    return directory


def cross_validate(
    config: TrainingConfig,
    folds: int,
    *,
    data_directories: Sequence[Path] = (),
    base: Path | None = None,
) -> str:
    """Train a model for each fold of the rows, and return their figures as a table.

    Raises:
        ConfigError, DataError, BundleError: as `fit`; the rows of a label are too few.
    """
    data = sources.load(config.data, seed=config.fit.seed, directories=data_directories)
    origin = bundles.load(base) if base is not None else None
    figures = over_folds(
        data, folds, lambda part: make_bundle(config, part, origin), seed=config.fit.seed
    )
    return table("fold", figures)


def _identity(config: TrainingConfig, data: sources.Data, origin: Bundle | None) -> dict[str, Any]:
    """Say what a run is that comes to the same model each time."""
    return {
        **config.model_dump(mode="json"),
        "files": {
            f"{number} ({entry['role']} {entry['name']})": entry
            for number, entry in enumerate(data.files, 1)
        },
        "base": hashlib.sha256(origin.network).hexdigest() if origin is not None else None,
        "libraries": library_versions(),
    }


def make_bundle(
    config: TrainingConfig,
    data: sources.Data,
    origin: Bundle | None = None,
    *,
    checkpoint: Checkpoint | None = None,
) -> Bundle:
    """Train a model on data that are read, and measure it.

    Args:
        origin: to go on from.
        checkpoint: of an interrupted run where it holds a state; written as learning goes on.
    """
    keras.utils.set_random_seed(config.fit.seed)
    if config.fit.deterministic:
        tf.config.experimental.enable_op_determinism()
    prepared = checkpoint.prepared if checkpoint is not None else Prepared()
    logger.info(
        "%d rows to train on (%s), %d for validation, %d unlabelled, %d taught",
        len(data.train),
        ", ".join(f"{count} {name}" for name, count in data.train.counts().items()),
        len(data.validation),
        len(data.unlabelled),
        len(data.taught.texts),
    )
    pipeline = _pipeline(config, data, origin, prepared)
    train, ids = encode(pipeline, data.train)
    validation, validation_ids = encode(pipeline, data.validation)
    rows = labelled_rows(train, ids, data.repeats, config.fit)
    unlabelled_ids = token_ids(pipeline, data.unlabelled)
    trained = _untrained(
        config, train.label_names, pipeline, ids + unlabelled_ids, origin, prepared
    )
    taught_ids = token_ids(pipeline, data.taught.texts)
    rows = join(
        rows,
        taught_rows(pipeline, taught_ids, data.taught.probabilities, data.taught.repeats),
    )
    if config.distil.teachers:
        if prepared.opinions is None:
            prepared.opinions = distil.teach(
                config.distil.teachers, train, data.unlabelled, seed=config.fit.seed
            )
        opinions = prepared.opinions
        rows = join(rows, taught_rows(pipeline, unlabelled_ids, opinions, data.unlabelled_repeats))

    checked = learn.Validation(
        validation_ids,
        validation.labels,
        validation.sources,
        trained.labels,
        batch_tokens=config.fit.batch_tokens,
    )
    history = learn.learn(trained.model, rows, checked, config.fit, checkpoint)
    _finish_embedding(trained, ids + taught_ids, name_emoji=origin is None)
    temperature = evaluate.fit_temperature(
        checked.logits(trained.model), checked.labels, checked.sources
    )
    return assemble(
        config,
        data.files,
        trained,
        temperature=temperature,
        history=history,
        validation=validation,
    )


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


def _pipeline(
    config: TrainingConfig, data: sources.Data, origin: Bundle | None, prepared: Prepared
) -> Pipeline:
    if origin is not None:
        return Pipeline(origin.tokenizer, origin.manifest.pipeline)
    if prepared.tokenizer is None:
        prepared.tokenizer = Tokenizer.train(
            data.train.texts + data.unlabelled + data.taught.texts,
            vocabulary_size=config.tokenizer.vocabulary_size,
            min_frequency=config.tokenizer.min_frequency,
            alphabet=vectors.emoji_alphabet(),
        )
    return Pipeline(prepared.tokenizer, config.pipeline)


def _untrained(
    config: TrainingConfig,
    labels: tuple[str, ...],
    pipeline: Pipeline,
    ids: list[npt.NDArray[np.int32]],
    origin: Bundle | None,
    prepared: Prepared,
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
    if prepared.start is None:
        # gensim's threads take turns as they come, which makes other vectors each time.
        workers = 1 if config.fit.deterministic else os.cpu_count() or 1
        prepared.start = vectors.start(
            ids, vocabulary, config.vectors, seed=config.fit.seed, workers=workers
        )
    start = prepared.start
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
