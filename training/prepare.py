"""The texts of a run -> its pipeline: the vocabulary learned, the timesteps chosen."""

from sentiment.pipeline import Pipeline
from sentiment.tokenizer import Tokenizer
from training import vectors
from training.config import TrainingConfig
from training.encode import token_ids
from training.rows.sources import Data
from training.tensor import timesteps


def learn_pipeline(
    config: TrainingConfig, data: Data, *, tokenizer: Tokenizer | None = None
) -> tuple[Pipeline, list[int]]:
    """Learn the vocabulary from all text there is, and settle T by the training rows.

    Args:
        tokenizer: the vocabulary, where it is learned already.
    Returns:
        The pipeline, and the tokens of each training row before it is cut.
    """
    tokenizer = tokenizer or Tokenizer.train(
        data.train.texts + data.unlabelled + data.taught.texts,
        vocabulary_size=config.tokenizer.vocabulary_size,
        min_frequency=config.tokenizer.min_frequency,
        alphabet=vectors.emoji_alphabet(),
    )
    uncut = Pipeline(tokenizer, config.pipeline)
    lengths = [len(row) for row in token_ids(uncut, data.train.texts)]
    return Pipeline(tokenizer, timesteps.choose(config.pipeline, lengths)), lengths
