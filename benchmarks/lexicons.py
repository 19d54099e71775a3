"""Peers that learn nothing: word lists and rules that give a text a polarity from -1 to 1."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmarks.systems import LabelsDiffer, Probabilities
from training.rows.dataset import POLARITY, Examples

# Within it a text is neutral: the threshold of VADER's authors. TextBlob's name none, and from 0
# to 0.15 none was better for it by more than 0.004 (macro recall of 20,000 training tweets).
_NEUTRAL = 0.05


class Lexicon(ABC):
    """A polarity as probabilities of three classes."""

    name: ClassVar[str]
    note = ""
    bytes_on_disk: int

    def __init__(self, train: Examples, *, seed: int) -> None:
        if set(train.label_names) != set(POLARITY):
            raise LabelsDiffer(
                f"{self.name} answers {', '.join(POLARITY)}, and the data's labels are "
                f"{', '.join(train.label_names)}. Leave it out of --peers."
            )
        self._order = [POLARITY.index(name) for name in train.label_names]

    @abstractmethod
    def polarity(self, text: str) -> float:
        """Return how positive a text is, from -1 to 1."""

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`. A polarity is no probability; the larger one is what counts here.

        Without the neutral class, positive is the larger where the polarity is above 0.
        """
        polarity = np.array([self.polarity(text) for text in texts])  # (n,)
        neutral = np.where(np.abs(polarity) < _NEUTRAL, 0.5, 0.0)  # (n,)
        positive = (1 + polarity) / 2 * (1 - neutral)
        columns = np.stack([1 - neutral - positive, neutral, positive], axis=1)  # (n, 3)
        return columns[:, self._order]


class Vader(Lexicon):
    """VADER (Hutto and Gilbert 2014): its polarity is the compound score."""

    name = "VADER"

    def __init__(self, train: Examples, *, seed: int) -> None:
        from vaderSentiment import vaderSentiment

        super().__init__(train, seed=seed)
        self._analyzer = vaderSentiment.SentimentIntensityAnalyzer()
        package = Path(vaderSentiment.__file__).parent
        self.bytes_on_disk = sum(file.stat().st_size for file in package.glob("*.txt"))

    def polarity(self, text: str) -> float:
        """See `Lexicon`."""
        return self._analyzer.polarity_scores(text)["compound"]


class TextBlob(Lexicon):
    """TextBlob (Loria), by its default analyzer: the lexicon and the rules of Pattern."""

    name = "TextBlob"

    def __init__(self, train: Examples, *, seed: int) -> None:
        from textblob.en import sentiments

        super().__init__(train, seed=seed)
        self._analyzer = sentiments.PatternAnalyzer()
        package = Path(sentiments.__file__).parent
        self.bytes_on_disk = (package / "en-sentiment.xml").stat().st_size

    def polarity(self, text: str) -> float:
        """See `Lexicon`."""
        return self._analyzer.analyze(text).polarity
