"""From a configuration to a verified bundle, or to the figures of several."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from training import checkpoint as checkpoints
from training import replay
from training.assemble import library_versions
from training.checkpoint import Checkpoint
from training.config import CHECKPOINT_MINUTES, ConfigError, TrainingConfig
from training.evaluation.figures import FIGURES
from training.evaluation.spread import table
from training.folds import over_folds
from training.rows import sources
from training.rows.dataset import normalised
from training.seeds import best_of
from training.state import Prepared
from training.train import make_bundle

logger = logging.getLogger(__name__)


def fit(
    config: TrainingConfig,
    model_directory: Path,
    *,
    data_directories: Sequence[Path] = (),
    base: Path | None = None,
    seeds: int = 1,
    resume: bool = False,
    checkpoint_minutes: float = CHECKPOINT_MINUTES,
    prepared: Prepared | None = None,
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
        prepared: what another run has made that this one would make alike, with `seeds` of 1; the
            rest is added to it.
    Returns:
        The new version's directory. It becomes current only where the model had no version.
    Raises:
        ConfigError, DataError: the configuration, the data or the checkpoint cannot be used.
        BundleError: the base cannot be used, or the new bundle failed its own check.
        KeyboardInterrupt: with where the checkpoint is, if there is one.
    """
    with _made(model_directory):
        origin = bundles.load(base) if base is not None else None
        config, data = sources.load_settled(config, data_directories, origin=origin)
        known = None
        if origin is not None and origin.manifest.task == config.data.task:
            learned = normalised([*data.train.texts, *data.taught.texts])
            known = replay.load(origin, learned, data_directories)
        checkpoint = Checkpoint(
            model_directory / checkpoints.NAME,
            _identity(config, data, origin),
            minutes=checkpoint_minutes,
            prepared=prepared or Prepared(),
        )
        if resume:
            checkpoint.read()
        elif seeds == 1 and checkpoint.path.exists():
            logger.warning(
                "%s is of an interrupted run, and will be replaced: --resume would go on with it",
                checkpoint.path,
            )
        with checkpoint.offered():
            if seeds == 1:
                bundle = make_bundle(config, data, origin, checkpoint=checkpoint)
            else:  # without a checkpoint, which holds one run
                bundle = best_of(config, seeds, lambda one: make_bundle(one, data, origin))
            if origin is not None and known is not None:
                bundle = replay.report(bundle, origin, known)
            first = not (model_directory / bundles.CURRENT).exists()
            directory = bundles.save(bundle, model_directory, verify=Classifier.load)
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
    origin = bundles.load(base) if base is not None else None
    config, data = sources.load_settled(config, data_directories, origin=origin)
    figures = over_folds(
        data, folds, lambda part: make_bundle(config, part, origin), seed=config.fit.seed
    )
    return table("fold", figures, tuple(FIGURES[config.data.task].titles))


def _identity(config: TrainingConfig, data: sources.Data, origin: Bundle | None) -> dict[str, Any]:
    """Say what a run is that comes to the same model each time."""
    return {
        **config.model_dump(mode="json"),
        "files": data.numbered_files(),
        "base": hashlib.sha256(origin.network).hexdigest() if origin is not None else None,
        "libraries": library_versions(),
    }


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
