"""The texts of a run -> its pipeline: the vocabulary learned, the timesteps chosen."""

import numpy as np
import numpy.typing as npt

from sentiment.pipeline import Pipeline
from sentiment.tokenizer import Tokenizer
from training import vectors
from training.config import TrainingConfig
from training.encode import token_ids
from training.rows.sources import Data
from training.tensor import timesteps


def learn_pipeline(
    config: TrainingConfig, data: Data, *, tokenizer: Tokenizer | None = None
) -> tuple[Pipeline, list[npt.NDArray[np.int32]]]:
    """Learn the vocabulary from all text there is, and settle T by the training rows.

    Args:
        tokenizer: the vocabulary, where it is learned already.
    Returns:
        The pipeline, and the ids of each training row before it is cut.
    """
    settings, extra = config.tokenizer, config.features.extra
    tokenizer = tokenizer or Tokenizer.train(
        data.train.texts + data.unlabelled + data.taught.texts,
        vocabulary_size=settings.vocabulary_size,
        min_frequency=settings.min_frequency,
        alphabet=vectors.emoji_alphabet(),
        words=data.lexicon.words if data.lexicon else (),
        lowercase="casing" not in extra if settings.lowercase is None else settings.lowercase,
        elongation=settings.elongation or (3 if "elongation" in extra else 2),
    )
    uncut = Pipeline(tokenizer, config.pipeline)
    ids = token_ids(uncut, data.train.texts)
    return Pipeline(tokenizer, timesteps.choose(config.pipeline, list(map(len, ids)))), ids
