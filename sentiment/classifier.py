"""Bundle to probabilities: ONNX Runtime on `network.onnx`, told the lengths of the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import onnxruntime

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.errors import BundleDamaged, GoldenMismatch, TextError
from sentiment.pipeline import EncodedText, Overflow, Pipeline, pad

# Long rows in one call grow the process for good, and short ones gain nothing past this.
MAX_TOKENS_A_CALL = 4096

# A replayed probability may differ from the saved one by this much: the arithmetic of another
# processor, not another answer.
GOLDEN_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was read of a text."""

    characters: int
    tokens: int
    unknown_tokens: int
    windows: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one text.

    `score` is P(positive) - P(negative), a balance of probabilities and not an intensity; it is
    None unless the labels include both.
    """

    label: str
    probabilities: dict[str, float]
    score: float | None
    statistics: Statistics


class Classifier:
    """One loaded model. It may be called from several threads."""

    def __init__(self, bundle: Bundle, *, name: str, version: str) -> None:
        self.bundle = bundle
        self.name = name
        self.version = version
        self.labels = bundle.manifest.labels
        self._pipeline = Pipeline(bundle.tokenizer, bundle.manifest.pipeline)
        self._session = _session(bundle.network)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Load `models/<name>/<version>`, verify it, and check it against its known answers.

        Raises:
            BundleError: it is missing, damaged, of a newer format, or answers otherwise than it
                did when it was saved.
        """
        bundle = bundles.load(directory)
        try:
            classifier = cls(bundle, name=directory.parent.name, version=directory.name)
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise BundleDamaged(f"{directory / bundles.NETWORK}: {error}") from None
        classifier.replay()
        return classifier

    def predict(
        self, texts: Sequence[str], *, overflow: Overflow = "window"
    ) -> list[Prediction | TextError]:
        """Classify n texts, each on its own: a text's answer does not depend on its neighbours.

        Args:
            overflow: what becomes of a text of more than T tokens (see `Pipeline.encode`). The
                windows' probabilities are averaged.
        Returns:
            n outcomes in the order of the texts; where one cannot be classified, its error.
        """
        encoded = self._pipeline.encode_many(texts, overflow=overflow)
        rows = [row for item in encoded if isinstance(item, EncodedText) for row in item.rows]
        probabilities = iter(self.probabilities(rows))
        return [
            self._prediction(text, item, probabilities) if isinstance(item, EncodedText) else item
            for text, item in zip(texts, encoded, strict=True)
        ]

    def probabilities(self, rows: Sequence[Sequence[int]]) -> npt.NDArray[np.float64]:
        """Run the network on n rows of at most T ids.

        Returns:
            float64 (n, C), each row adding up to 1.
        """
        logits = np.empty((len(rows), self._columns), np.float32)
        for indices in _batches(rows):
            ids, lengths = pad([rows[i] for i in indices], self._pipeline.config.timesteps)
            (logits[indices],) = self._session.run(None, {"ids": ids, "lengths": lengths})
        return activate(logits, temperature=self.bundle.manifest.temperature)

    def replay(self) -> None:
        """Check the known answers.

        Raises:
            GoldenMismatch: a text gives other ids or other probabilities than it did in training.
        """
        for known in self.bundle.golden:
            encoded = self._pipeline.encode(known.text)
            if encoded.rows != known.ids:
                raise GoldenMismatch(
                    f"{self.name}/{self.version}: the text {known.text[:60]!r} gives the ids "
                    f"{str(encoded.rows)[:120]}, and gave {str(known.ids)[:120]} in training."
                )
            received = self.probabilities(encoded.rows).mean(axis=0)
            if not np.allclose(received, known.probabilities, rtol=0, atol=GOLDEN_TOLERANCE):
                raise GoldenMismatch(
                    f"{self.name}/{self.version}: the text {known.text[:60]!r} gives "
                    f"{received.round(6).tolist()}, and gave {known.probabilities} in training "
                    f"(for {', '.join(self.labels)}; at most {GOLDEN_TOLERANCE} may differ)."
                )

    @property
    def _columns(self) -> int:
        return 1 if len(self.labels) == 2 else len(self.labels)

    def _prediction(
        self,
        text: str,
        encoded: EncodedText,
        probabilities: Iterator[npt.NDArray[np.float64]],
    ) -> Prediction:
        """Make one text's answer of the next rows of `probabilities`, one for each window."""
        windows = len(encoded.rows)
        mean = next(probabilities)  # (C,)
        if windows > 1:
            mean = sum((next(probabilities) for _ in range(windows - 1)), start=mean) / windows
        by_label = dict(zip(self.labels, mean.tolist(), strict=True))
        return Prediction(
            label=max(by_label, key=by_label.__getitem__),
            probabilities=by_label,
            score=_score(by_label),
            statistics=Statistics(
                characters=len(text),
                tokens=len(encoded.tokens),
                unknown_tokens=encoded.tokens.count_unknown(),
                windows=windows,
                truncated=encoded.truncated,
            ),
        )


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


def _score(probabilities: dict[str, float]) -> float | None:
    if "positive" not in probabilities or "negative" not in probabilities:
        return None
    return probabilities["positive"] - probabilities["negative"]


def _session(network: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Worker processes are the parallelism; the arena would keep the largest request's memory.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield indices of rows of like length, few enough that a call stays small."""
    if len(rows) == 1:
        yield [0]
        return
    batch: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: -len(rows[index])):
        if batch and len(rows[batch[0]]) * (len(batch) + 1) > MAX_TOKENS_A_CALL:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
