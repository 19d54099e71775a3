"""Texts -> a saved model's answers, through the path that serves it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from sentiment.classifier import Classifier
from sentiment.errors import TextError

_TEXTS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of n texts. A text that it cannot read has NaN and zeros."""

    values: npt.NDArray[np.float64]  # (n, A): probabilities in the labels' order, or the value
    tokens: npt.NDArray[np.int_]  # (n,)
    unknown_rate: npt.NDArray[np.float64]  # (n,), share of the words that hold an unknown token

    @property
    def given(self) -> npt.NDArray[np.bool_]:
        """Which texts have an answer: bool (n,)."""
        return ~np.isnan(self.values[:, 0])


def score(classifier: Classifier, texts: Sequence[str]) -> Answers:
    """Have n texts answered, long ones in windows; a bar on stderr shows how far it is."""
    answers = Answers(
        np.full((len(texts), classifier.task.width), np.nan),
        np.zeros(len(texts), int),
        np.zeros(len(texts)),
    )
    name = f"{classifier.name}/{classifier.version}"
    with tqdm(total=len(texts), desc=name, unit="text", leave=False, delay=1) as bar:
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            outcomes = classifier.predict(texts[start : start + _TEXTS_AT_ONCE])
            for row, outcome in enumerate(outcomes, start):
                if not isinstance(outcome, TextError):
                    read = outcome.statistics
                    answers.values[row] = outcome.answer
                    answers.tokens[row] = read.tokens
                    answers.unknown_rate[row] = read.unknown_tokens / max(read.words, 1)
            bar.update(len(outcomes))
    return answers
