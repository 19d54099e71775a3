"""What a model answers, by its task: the network's outputs -> probabilities of labels, or a value.

All in which a regression is served otherwise than a classification stands here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from sentiment.bundle import Manifest
from sentiment.explain import log_odds
from sentiment.prediction import (
    Estimate,
    EstimatedSentence,
    Explanation,
    Prediction,
    Sentence,
    Statistics,
    TaskName,
    balance,
)

# An answer that is replayed may differ from the saved one by this much, of a value in deviations of
# its scale: the arithmetic of another processor, not another answer.
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Target:
    """What an explanation is of: its name, its column of the answers, and what is compared."""

    name: str
    column: int
    compare: Callable[[float], float]


class Task(Protocol):
    """What becomes of a network's outputs. A row of answers is (A,), and averaged over windows."""

    @property
    def name(self) -> TaskName:
        """As the manifest and the configuration say it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """C classes in the network's order; none of a regression."""

    @property
    def columns(self) -> int:
        """K, the columns of the network's outputs."""

    @property
    def width(self) -> int:
        """A, the columns of the answers."""

    @property
    def tolerance(self) -> float:
        """How far a replayed answer may be from the known one."""

    def activate(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Turn outputs (n, K) into answers, float64 (n, A)."""

    def predict(
        self,
        answer: Sequence[float],
        statistics: Statistics,
        sentences: Sequence[tuple[int, str, Sequence[float]]] | None,
        explanation: Explanation | None,
        read: tuple[int, int] | None,
    ) -> Prediction | Estimate:
        """Say a row of answers (A,) in words.

        Args:
            sentences: the offset, the text and the answer of each.
            read: where the part that was read starts and ends, where that is not all.
        """

    def target(self, answer: Sequence[float]) -> Target:
        """Name what a word speaks for or against."""


@dataclass(frozen=True)
class Classification:
    """One of C labels: A = C probabilities, of K = C logits, or of one for two classes."""

    labels: tuple[str, ...]
    temperature: float = 1.0

    name: ClassVar[TaskName] = "classification"
    tolerance: ClassVar[float] = TOLERANCE

    @property
    def columns(self) -> int:
        """One for two classes, the log odds of the second; else one each."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    @property
    def width(self) -> int:
        """C."""
        return len(self.labels)

    def activate(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Turn logits (n, K) into probabilities, float64 (n, C), each row adding up to 1."""
        return activate(outputs, temperature=self.temperature)

    def predict(
        self,
        answer: Sequence[float],
        statistics: Statistics,
        sentences: Sequence[tuple[int, str, Sequence[float]]] | None,
        explanation: Explanation | None,
        read: tuple[int, int] | None,
    ) -> Prediction:
        """Name the most probable label."""
        by_label = dict(zip(self.labels, answer, strict=True))
        return Prediction(
            label=_highest(by_label),
            probabilities=by_label,
            score=balance(by_label),
            statistics=statistics,
            sentences=None if sentences is None else [self._sentence(*one) for one in sentences],
            explanation=explanation,
            read=read,
        )

    def target(self, answer: Sequence[float]) -> Target:
        """The odds of the most probable label."""
        column = max(range(len(answer)), key=answer.__getitem__)
        return Target(self.labels[column], column, log_odds)

    def _sentence(self, offset: int, text: str, answer: Sequence[float]) -> Sentence:
        by_label = dict(zip(self.labels, answer, strict=True))
        score = balance(by_label)
        return Sentence(offset, len(text), text, _highest(by_label), by_label, score)


@dataclass(frozen=True)
class Regression:
    """A number: A = K = 1. The network's output is in deviations from the mean."""

    mean: float
    deviation: float

    name: ClassVar[TaskName] = "regression"
    labels: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[int] = 1
    width: ClassVar[int] = 1

    @property
    def tolerance(self) -> float:
        """In the units of the value."""
        return TOLERANCE * self.deviation

    def activate(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Turn outputs (n, 1) into values, float64 (n, 1)."""
        return self.mean + self.deviation * outputs.astype(np.float64)

    def predict(
        self,
        answer: Sequence[float],
        statistics: Statistics,
        sentences: Sequence[tuple[int, str, Sequence[float]]] | None,
        explanation: Explanation | None,
        read: tuple[int, int] | None,
    ) -> Estimate:
        """Give the value."""
        return Estimate(
            value=answer[0],
            statistics=statistics,
            sentences=None
            if sentences is None
            else [
                EstimatedSentence(at, len(text), text, value[0]) for at, text, value in sentences
            ],
            explanation=explanation,
            read=read,
        )

    def target(self, answer: Sequence[float]) -> Target:
        """The value itself."""
        return Target("value", 0, float)


def of(manifest: Manifest) -> Task:
    """Return the task of a model."""
    if manifest.scale is not None:
        return Regression(manifest.scale.mean, manifest.scale.deviation)
    return Classification(manifest.labels, manifest.temperature or 1.0)


def activate(logits: npt.NDArray[np.float32], *, temperature: float) -> npt.NDArray[np.float64]:
    """Turn logits into probabilities.

    Args:
        logits: (n, C), or (n, 1) for two classes: the log odds of the second.
        temperature: divides the logits (Guo et al. 2017, "On Calibration of Modern Neural
            Networks"); above 1 it makes the answers less sure.
    Returns:
        float64 (n, C).
    """
    scaled = logits.astype(np.float64) / temperature
    if scaled.shape[1] == 1:
        scaled = np.concatenate([np.zeros_like(scaled), scaled], axis=1)
    scaled -= scaled.max(axis=1, keepdims=True)
    odds = np.exp(scaled)
    probabilities: npt.NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return probabilities


def _highest(probabilities: dict[str, float]) -> str:
    return max(probabilities, key=probabilities.__getitem__)
