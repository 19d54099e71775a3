"""Data that are read -> a network that has learned from them, as a bundle that is not saved yet."""

import logging
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sentiment.bundle import Bundle
from training import compress, export, head, learn, network, vectors
from training.assemble import Trained, assemble
from training.callbacks import AfterEpoch
from training.checkpoint import Checkpoint
from training.config import TrainingConfig
from training.ready import make_ready
from training.rows import sources
from training.state import Prepared
from training.tasks import LEARNING

logger = logging.getLogger(__name__)


def try_out(
    config: TrainingConfig, data: sources.Data, *, after_epoch: AfterEpoch
) -> list[dict[str, float]]:
    """Train a model, and save nothing.

    Args:
        data: of the configuration; the same may be given again.
        after_epoch: as `learn.learn` calls it.
    Returns:
        What each epoch measured on the validation rows.
    """
    ready = make_ready(config, data, None, Prepared())
    return learn.learn(
        ready.trained.model,
        ready.rows,
        ready.checked,
        config.fit,
        task=config.data.task,
        after_epoch=after_epoch,
    )


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
    logger.info(
        "%d rows to train on (%s), %d for validation, %d unlabelled, %d taught",
        len(data.train),
        data.train.described(),
        len(data.validation),
        len(data.unlabelled),
        len(data.taught.texts),
    )
    prepared = checkpoint.prepared if checkpoint is not None else Prepared()
    ready = make_ready(config, data, origin, prepared)
    trained, checked = ready.trained, ready.checked
    if config.fit.trainable == "head":
        history = head.learn_head(trained.model, ready.rows, checked, config.fit)
    else:
        history = learn.learn(
            trained.model,
            ready.rows,
            checked,
            config.fit,
            task=trained.task.name,
            checkpoint=checkpoint,
        )
    trained = _finished(trained, ready.seen, rank=config.vectors.rank, name_emoji=origin is None)
    task = LEARNING[trained.task.name].calibrated(
        trained.task, checked.outputs(trained.model), checked.labels, checked.sources
    )
    return assemble(
        config,
        data.files,
        replace(trained, task=task),
        history=history,
        validation=ready.validation,
    )


def _finished(
    trained: Trained,
    ids: list[npt.NDArray[np.int32]],
    *,
    rank: int | None,
    name_emoji: bool,
) -> Trained:
    """Bring the embedding to what is stored, so that what is measured is what is served.

    Args:
        ids: of the texts that were learned from.
        rank: of the stored embedding; None leaves it as it is.
        name_emoji: whether emoji that no training text holds follow the words of their names; a
            base's stay as the base learned them.
    """
    values = network.embedding(trained.model)
    vocabulary = trained.pipeline.tokenizer.vocabulary()
    counts = np.bincount(np.concatenate(ids), minlength=len(vocabulary))  # (V,)
    learned = values.shape[1] - len(trained.features)
    if name_emoji:
        vectors.name_emoji(values[:, :learned], vocabulary, unseen=counts == 0)
    if rank is not None and rank < learned:
        network.set_embedding(trained.model, values)
        trained = _of_rank(trained, rank, counts)
        values = network.embedding(trained.model)
    network.set_embedding(trained.model, values.astype(trained.storage))
    return trained


def _of_rank(trained: Trained, rank: int, counts: npt.NDArray[np.integer]) -> Trained:
    """Build the network again, with an embedding of fewer features (see `compress`)."""
    extra = len(trained.features)
    weights = compress.to_rank(
        export.to_weights(trained.model, trained.config, storage="float32"),
        rank,
        counts,
        extra=extra,
    )
    columns = trained.task.columns
    return replace(
        trained, model=export.to_keras(weights, trained.config, columns=columns, extra=extra)
    )
