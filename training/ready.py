"""Data that are read -> a network that has learned nothing yet, and all that it learns from."""

import logging
import os
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sentiment import task as tasks
from sentiment.bundle import Bundle
from sentiment.pipeline import Pipeline
from sentiment.task import Task
from training import distil, export, graph, network, vectors
from training.assemble import Trained
from training.batches import Rows
from training.config import TrainingConfig
from training.encode import encode, join, taught_rows, token_ids
from training.features import Features, of_vocabulary
from training.prepare import learn_pipeline
from training.rows.dataset import Examples
from training.rows.sources import Data
from training.state import Prepared
from training.tasks import LEARNING
from training.transfer import features_for, head_between
from training.validation import Validation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """A network that has learned nothing yet, and all that it learns from.

    `seen` are the ids of the texts with labels or teachers' opinions of their own.
    """

    trained: Trained
    rows: Rows
    seen: list[npt.NDArray[np.int32]]
    validation: Examples
    checked: Validation


def make_ready(
    config: TrainingConfig, data: Data, origin: Bundle | None, prepared: Prepared
) -> Ready:
    """Seed all that draws at random, and make what learning begins with.

    Args:
        origin: to go on from.
        prepared: what an interrupted run has made already; the rest is added to it.
    """
    keras.utils.set_random_seed(config.fit.seed)
    if config.fit.deterministic:
        tf.config.experimental.enable_op_determinism()
    if origin is not None:
        pipeline, uncut = Pipeline(origin.tokenizer, origin.manifest.pipeline), None
    else:
        pipeline, uncut = learn_pipeline(config, data, tokenizer=prepared.tokenizer)
        prepared.tokenizer = pipeline.tokenizer
    train, ids = encode(pipeline, data.train, uncut)
    validation, validation_ids = encode(pipeline, data.validation)
    learning = LEARNING[config.data.task]
    task = learning.task(train)
    rows = learning.rows(task, train, ids, data.repeats, data.smoothing, config.fit)
    unlabelled_ids = token_ids(pipeline, data.unlabelled)
    extra = of_vocabulary(pipeline.tokenizer, config.features, data.lexicon)
    if origin is not None:
        trained = _of_base(origin, task, pipeline, extra, ids, seed=config.fit.seed)
    else:
        texts = ids + unlabelled_ids
        trained = _of_vectors(config, task, pipeline, extra, texts, prepared)
    taught_ids = token_ids(pipeline, data.taught.texts)
    if taught_ids:
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
    checked = Validation(
        validation_ids,
        validation.labels,
        validation.sources,
        task,
        batch_tokens=config.fit.batch_tokens,
    )
    return Ready(trained, rows, ids + taught_ids, validation, checked)


def _of_base(
    origin: Bundle,
    task: Task,
    pipeline: Pipeline,
    extra: Features,
    ids: list[npt.NDArray[np.int32]],
    *,
    seed: int,
) -> Trained:
    """Build a base's network with its weights, and a head for this task.

    Args:
        extra: features that it gets where it has none of the name.
        ids: of the training texts.
    """
    shape = origin.manifest.network
    settings = export.network_config(origin)
    weights = graph.from_onnx(origin.network)
    head_between(weights, tasks.of(origin.manifest), task, seed=seed)
    extra = features_for(weights, export.extra_features(origin), extra)
    model = export.to_keras(weights, settings, columns=task.columns, extra=len(extra.names))
    coverage = origin.manifest.metrics["coverage"]
    return Trained(model, settings, shape["storage"], pipeline, task, coverage, extra.shares(ids))


def _of_vectors(
    config: TrainingConfig,
    task: Task,
    pipeline: Pipeline,
    extra: Features,
    ids: list[npt.NDArray[np.int32]],
    prepared: Prepared,
) -> Trained:
    """Build the configuration's network, with start vectors.

    Args:
        extra: features that stand beside the vectors.
        ids: of all texts there are, for the vectors to be trained on.
    """
    vocabulary = pipeline.tokenizer.vocabulary()
    if prepared.start is None:
        # gensim's threads take turns as they come, which makes other vectors each time.
        workers = 1 if config.fit.deterministic else os.cpu_count() or 1
        prepared.start = vectors.start(
            ids, vocabulary, config.vectors, seed=config.fit.seed, workers=workers
        )
    start = prepared.start
    logger.info("vectors: %s", start.coverage)
    table = np.concatenate([start.values, extra.values], axis=1)  # (V, F)
    model = network.build(
        config.network,
        vocabulary=len(vocabulary),
        features=table.shape[1],
        extra=len(extra.names),
        columns=task.columns,
    )
    network.set_embedding(model, table)
    return Trained(
        model,
        config.network,
        config.vectors.storage,
        pipeline,
        task,
        start.coverage,
        extra.shares(ids),
    )
