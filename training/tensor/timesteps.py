"""T, the timesteps of the tensor: as configured, or by the lengths of the training rows."""

import logging
from collections.abc import Sequence

import numpy as np

from sentiment.pipeline import PipelineConfig
from training.config import PipelineSection

logger = logging.getLogger(__name__)


def choose(config: PipelineSection, lengths: Sequence[int]) -> PipelineConfig:
    """Settle what shapes the tensor, and say what share of the rows is cut.

    With `timesteps_quantile`, T is the length that this share of the rows does not exceed, and at
    most `timesteps`; windows then share at most half of it.

    Args:
        lengths: the tokens of each of n training rows, before any is cut; at least one.
    """
    timesteps, overlap, why = config.timesteps, config.overlap, "as configured"
    if config.timesteps_quantile is not None:
        wanted = int(np.quantile(lengths, config.timesteps_quantile, method="higher"))
        timesteps = min(max(wanted, 1), config.timesteps)
        overlap = min(config.overlap, timesteps // 2)
        why = f"the {config.timesteps_quantile} quantile of the rows' lengths"
        if wanted > timesteps:
            why = f"at most; {why} is {wanted}"
    logger.info(
        "timesteps: %d (%s); %s",
        timesteps,
        why,
        describe_cut(lengths, timesteps, config.truncating),
    )
    return PipelineConfig(timesteps=timesteps, truncating=config.truncating, overlap=overlap)


def describe_cut(lengths: Sequence[int], timesteps: int, truncating: str) -> str:
    """Say how many of the rows are longer than T, and what those lose in training."""
    cut = int((np.asarray(lengths) > timesteps).sum())
    return (
        f"{cut / len(lengths):.1%} of {len(lengths):,} training rows are longer and lose their "
        f"{lost(truncating)} (the longest has {max(lengths):,} tokens)"
    )


def lost(truncating: str) -> str:
    """Say which part of a longer row is lost."""
    return "beginning" if truncating == "pre" else "end"
