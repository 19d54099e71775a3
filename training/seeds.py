"""Several seeds: how much chance decides, and the best model of them."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from sentiment.bundle import Bundle
from training.config import TrainingConfig
from training.evaluation.figures import FIGURES, Figures
from training.evaluation.spread import table

logger = logging.getLogger(__name__)


def best_of(config: TrainingConfig, seeds: int, make: Callable[[TrainingConfig], Bundle]) -> Bundle:
    """Train with one seed after another, say how the figures vary, and return the best model.

    All are measured on the same validation examples: what is held out follows the first seed,
    which the model's configuration says (`data.holdout_seed`). The best is so by its
    task's figures (`figures.Figures.rank`), each the mean over the data sets.

    Args:
        make: trains a model by a configuration.
    """
    judge = FIGURES[config.data.task]
    best, figures = None, []
    for seed in range(config.fit.seed, config.fit.seed + seeds):
        logger.info("seed %d, %d of %d", seed, len(figures) + 1, seeds)
        bundle = make(with_seed(config, seed))
        figures.append(bundle.manifest.metrics["validation"])
        if best is None or _rank(judge, figures[-1]) < _rank(
            judge, best.manifest.metrics["validation"]
        ):
            best = bundle
    if best is None:
        raise ValueError("no seed to train with")
    logger.info("%s", table("seed", figures, tuple(judge.titles), first=config.fit.seed))
    return best


def with_seed(config: TrainingConfig, seed: int) -> TrainingConfig:
    """Give a configuration another seed; what it holds out stays what it was."""
    held_out = config.data.holdout_seed
    held_out = config.fit.seed if held_out is None else held_out
    return config.model_copy(
        update={
            "data": config.data.model_copy(update={"holdout_seed": held_out}),
            "fit": config.fit.model_copy(update={"seed": seed}),
        }
    )


def _rank(judge: Figures, validation: dict[str, dict[str, Any]]) -> tuple[float, float]:
    return judge.rank(
        {
            name: float(np.mean([values[name] for values in validation.values()]))
            for name in judge.of_epoch
        }
    )
