"""A classifier that needs no model."""

from collections.abc import Sequence
from types import SimpleNamespace

from sentiment.bundle import Manifest
from sentiment.classifier import Prediction, Statistics
from sentiment.errors import EmptyText, InvalidText, TextError, TextTooLong
from sentiment.pipeline import Overflow, PipelineConfig

TIMESTEPS = 8


class FakeClassifier:
    """Of the shape of `sentiment.classifier.Classifier`; a token is a word."""

    name = "default"
    version = "3"
    labels = ("negative", "neutral", "positive")

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], Overflow]] = []
        manifest = Manifest(
            labels=self.labels,
            temperature=1.0,
            pipeline=PipelineConfig(timesteps=TIMESTEPS, overlap=2),
            network={},
            training={},
            data=[],
            metrics={"accuracy": 0.9, "loss": float("nan")},
            libraries={},
            created="2026-01-01T00:00:00Z",
        )
        self.bundle = SimpleNamespace(manifest=manifest)

    def predict(
        self, texts: Sequence[str], *, overflow: Overflow = "window"
    ) -> list[Prediction | TextError]:
        self.calls.append((list(texts), overflow))
        return [self._one(text, overflow) for text in texts]

    def _one(self, text: str, overflow: Overflow) -> Prediction | TextError:
        if any("\ud800" <= character <= "\udfff" for character in text):
            return InvalidText(f"the text is not valid Unicode: {text}")
        tokens = len(text.split())
        if not tokens:
            return EmptyText("the text holds no token")
        if tokens > TIMESTEPS and overflow == "error":
            return TextTooLong(f"the text has {tokens} tokens")
        truncated = tokens > TIMESTEPS and overflow == "truncate"
        return Prediction(
            label="positive",
            probabilities={"negative": 0.1, "neutral": 0.2, "positive": 0.7},
            score=0.6,
            statistics=Statistics(
                characters=len(text),
                tokens=tokens,
                unknown_tokens=0,
                windows=1,
                truncated=truncated,
            ),
        )
