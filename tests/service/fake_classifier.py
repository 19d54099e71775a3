"""A classifier that needs no model."""

import re
from collections.abc import Callable, Sequence
from itertools import repeat
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt

from sentiment.bundle import Manifest
from sentiment.errors import EmptyText, InvalidText, TextError, TextTooLong
from sentiment.pipeline import Overflow, PipelineConfig
from sentiment.prediction import (
    Explanation,
    Prediction,
    Sentence,
    Statistics,
    Timings,
    WordWeight,
    balance,
)

TIMESTEPS = 8


class FakeClassifier:
    """Of the shape of `sentiment.classifier.Classifier`; a token is a word."""

    name = "default"
    version = "3"
    labels = ("negative", "neutral", "positive")

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], Overflow]] = []
        self.seconds = (0.0, 0.0)  # what it says that tokenizing and inference took
        manifest = Manifest(
            labels=self.labels,
            temperature=1.0,
            pipeline=PipelineConfig(timesteps=TIMESTEPS, truncating="post", overlap=2),
            network={},
            training={},
            data=[],
            metrics={"accuracy": 0.9, "loss": float("nan")},
            libraries={},
            created="2026-01-01T00:00:00Z",
        )
        self.bundle = SimpleNamespace(manifest=manifest, extras={})

    def predict(
        self,
        texts: Sequence[str],
        *,
        overflow: Overflow = "window",
        sentences: Sequence[Sequence[tuple[int, int]]] | None = None,
        explain: bool = False,
        timings: Timings | None = None,
        network: Callable[[Sequence[Sequence[int]]], object] | None = None,
    ) -> list[Prediction | TextError]:
        (network or self.answers)([[1]] * len(texts))
        if timings:
            timings.tokenize_seconds += self.seconds[0]
            timings.inference_seconds += self.seconds[1]
        self.calls.append((list(texts), overflow))
        return [
            self._one(text, overflow, spans, explain)
            for text, spans in zip(texts, sentences or repeat(None), strict=False)
        ]

    def answers(
        self,
        rows: Sequence[Sequence[int]],
        *,
        before_batch: Callable[[], None] | None = None,
    ) -> npt.NDArray[np.float64]:
        if before_batch:
            before_batch()
        return np.full((len(rows), len(self.labels)), 1 / len(self.labels))

    def _one(
        self,
        text: str,
        overflow: Overflow,
        spans: Sequence[tuple[int, int]] | None,
        explain: bool,
    ) -> Prediction | TextError:
        if any("\ud800" <= character <= "\udfff" for character in text):
            return InvalidText(f"the text is not valid Unicode: {text}")
        tokens = len(text.split())
        if not tokens:
            return EmptyText("the text holds no token")
        if tokens > TIMESTEPS and overflow == "error":
            return TextTooLong(f"the text has {tokens} tokens")
        truncated = tokens > TIMESTEPS and overflow == "truncate"
        probabilities = _judge(text)
        return Prediction(
            label=max(probabilities, key=probabilities.__getitem__),
            probabilities=probabilities,
            score=balance(probabilities),
            statistics=Statistics(
                characters=len(text),
                words=tokens,
                tokens=tokens,
                unknown_tokens=text.count("zq"),
                windows=1,
                truncated=truncated,
            ),
            sentences=None if spans is None else [_sentence(text, *span) for span in spans],
            explanation=_explain(text) if explain else None,
            read=_beginning(text) if truncated else None,
        )


def _beginning(text: str) -> tuple[int, int]:
    """Where the first TIMESTEPS words are."""
    words = list(re.finditer(r"\S+", text))[:TIMESTEPS]
    return words[0].start(), words[-1].end()


def _judge(text: str) -> dict[str, float]:
    """Positive, but for what is awful (negative) and what is perhaps either."""
    if "perhaps" in text:
        return {"negative": 0.45, "neutral": 0.1, "positive": 0.45}
    if text.startswith("Awful"):
        return {"negative": 0.8, "neutral": 0.1, "positive": 0.1}
    return {"negative": 0.1, "neutral": 0.2, "positive": 0.7}


def _sentence(text: str, start: int, end: int) -> Sentence:
    probabilities = _judge(text[start:end])
    label = max(probabilities, key=probabilities.__getitem__)
    score = balance(probabilities)
    return Sentence(start, end - start, text[start:end], label, probabilities, score)


def _explain(text: str) -> Explanation:
    """The first two words weigh a half each, and no other has a weight."""
    found = list(re.finditer(r"\S+", text))
    words = [WordWeight(m.start(), len(m[0]), m[0], 0.5) for m in found[:2]]
    return Explanation("positive", words, max(len(found) - 2, 0))
