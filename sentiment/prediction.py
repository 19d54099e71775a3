"""What a model answers for one text, and what the answer cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

# What a model answers: the most probable of its labels, or a number.
TaskName = Literal["classification", "regression"]

# Of a probability or a score that is written: past these the arithmetic of the processor shows, and
# nothing of the model.
DECIMALS = 6

# A sentence counts as positive or negative where its score is at least this far from 0.
POLAR_SCORE = 0.6

# A text is mixed where its positive and its negative sentences each are this share of the two
# kinds together: one complaint in a long praise does not make it mixed.
MIXED_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was read of a text. `unknown_tokens` counts whole words, so it is at most `words`."""

    characters: int
    words: int
    tokens: int
    unknown_tokens: int
    windows: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, as the network reads it by itself; `offset` and `length` are code points."""

    offset: int
    length: int
    text: str
    label: str
    probabilities: dict[str, float]
    score: float | None


@dataclass(frozen=True, slots=True)
class EstimatedSentence:
    """One sentence, as a regression reads it by itself; `offset` and `length` are code points."""

    offset: int
    length: int
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class WordWeight:
    """What one word does for the target; `offset` and `length` are code points.

    `weight` is how far the target's log odds, ln(p / (1 - p)), fall when the word is taken out of
    the text; of a regression, how far its value falls. Above 0 the word speaks for the target,
    below 0 against it. `unknown` says whether it is one of `Statistics.unknown_tokens`.
    """

    offset: int
    length: int
    text: str
    weight: float
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """The weights of a text's words for `target`, a label or "value", in the order of the text.

    `left_out` counts the words that were read and got no weight, since there were too many.
    """

    target: str
    words: list[WordWeight]
    left_out: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of a classification for one text.

    `score` is P(positive) - P(negative), a balance of probabilities and not an intensity; it is
    None unless the labels include both. `sentences` and `explanation` are None where they were
    not asked for. `read` is where the part that was read starts and ends in code points, None
    where that is all of the text.
    """

    label: str
    probabilities: dict[str, float]
    score: float | None
    statistics: Statistics
    sentences: list[Sentence] | None = None
    explanation: Explanation | None = None
    read: tuple[int, int] | None = None

    task: ClassVar[TaskName] = "classification"

    @property
    def answer(self) -> list[float]:
        """The C probabilities, in the order of the labels."""
        return list(self.probabilities.values())

    @property
    def mixed(self) -> bool | None:
        """Whether sentences contradict each other; None without sentences or without a score."""
        if self.sentences is None or self.score is None:
            return None
        return is_mixed([sentence.score or 0.0 for sentence in self.sentences])


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer of a regression for one text: a number, in the units of the rows it learned from.

    `sentences` and `explanation` are None where they were not asked for; `read` is as in
    `Prediction`.
    """

    value: float
    statistics: Statistics
    sentences: list[EstimatedSentence] | None = None
    explanation: Explanation | None = None
    read: tuple[int, int] | None = None

    task: ClassVar[TaskName] = "regression"

    @property
    def answer(self) -> list[float]:
        """The value alone."""
        return [self.value]


@dataclass(slots=True)
class Timings:
    """Seconds that calls of `Classifier.predict` spent; each call it is handed to adds its own.

    `tokenize_seconds` goes from the texts to the rows of ids, those of sentences and explanations
    included; `inference_seconds` from the rows to the network's answers. What is left of a call
    makes predictions of them.
    """

    tokenize_seconds: float = 0.0
    inference_seconds: float = 0.0


def balance(probabilities: Mapping[str, float]) -> float | None:
    """P(positive) - P(negative), or None unless both are labels."""
    if "positive" not in probabilities or "negative" not in probabilities:
        return None
    return probabilities["positive"] - probabilities["negative"]


def is_mixed(scores: Sequence[float]) -> bool:
    """Whether enough sentences are positive and enough are negative."""
    positive = sum(score >= POLAR_SCORE for score in scores)
    negative = sum(score <= -POLAR_SCORE for score in scores)
    fewer = min(positive, negative)
    return fewer > 0 and fewer >= MIXED_SHARE * (positive + negative)
