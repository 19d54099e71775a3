"""Texts -> a saved model's answers, through the path that serves it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from sentiment.classifier import Classifier
from sentiment.prediction import Prediction

_TEXTS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of n texts. A text that it cannot classify has NaN and zeros."""

    probabilities: npt.NDArray[np.float64]  # (n, C), in the order of the model's labels
    tokens: npt.NDArray[np.int_]  # (n,)
    unknown_rate: npt.NDArray[np.float64]  # (n,), share of the words that hold an unknown token

    @property
    def given(self) -> npt.NDArray[np.bool_]:
        """Which texts have an answer: bool (n,)."""
        return ~np.isnan(self.probabilities[:, 0])


def score(classifier: Classifier, texts: Sequence[str]) -> Answers:
    """Classify n texts, long ones in windows; a bar on stderr shows how far it is."""
    answers = Answers(
        np.full((len(texts), len(classifier.labels)), np.nan),
        np.zeros(len(texts), int),
        np.zeros(len(texts)),
    )
    name = f"{classifier.name}/{classifier.version}"
    with tqdm(total=len(texts), desc=name, unit="text", leave=False, delay=1) as bar:
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            outcomes = classifier.predict(texts[start : start + _TEXTS_AT_ONCE])
            for row, outcome in enumerate(outcomes, start):
                if isinstance(outcome, Prediction):
                    read = outcome.statistics
                    answers.probabilities[row] = list(outcome.probabilities.values())
                    answers.tokens[row] = read.tokens
                    answers.unknown_rate[row] = read.unknown_tokens / max(read.words, 1)
            bar.update(len(outcomes))
    return answers
