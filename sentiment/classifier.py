"""Bundle to probabilities: ONNX Runtime on `network.onnx`, told the lengths of the rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path
from time import perf_counter
from typing import Self

import numpy as np
import numpy.typing as npt

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.errors import BundleDamaged, GoldenMismatch, TextError
from sentiment.explain import Occlusions, occlude, weigh
from sentiment.pipeline import EncodedPart, EncodedText, Overflow, Pipeline, pad
from sentiment.prediction import Explanation, Prediction, Sentence, Statistics, Timings, balance
from sentiment.runtime import onnxruntime

# Long rows in one call grow the process for good, and short ones gain nothing past this.
MAX_TOKENS_A_CALL = 4096

# A replayed probability may differ from the saved one by this much: the arithmetic of another
# processor, not another answer.
GOLDEN_TOLERANCE = 1e-4

# Probabilities as Python's numbers: for a row or two they are quicker than arrays.
_Row = list[float]
_Rows = Iterator[_Row]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the network reads to answer for one text."""

    text: str
    encoded: EncodedText
    sentences: list[EncodedPart] | None
    occlusions: Occlusions | None

    def rows(self) -> Iterator[list[int]]:
        """The rows of the text, of its sentences, and of the text without each word."""
        yield from self.encoded.rows
        for sentence in self.sentences or ():
            yield from sentence.rows
        for word in self.occlusions.words if self.occlusions else ():
            yield from word.rows


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
        self,
        texts: Sequence[str],
        *,
        overflow: Overflow = "window",
        sentences: Sequence[Sequence[tuple[int, int]]] | None = None,
        explain: bool = False,
        timings: Timings | None = None,
        network: Callable[[Sequence[Sequence[int]]], npt.NDArray[np.float64]] | None = None,
    ) -> list[Prediction | TextError]:
        """Classify n texts, each on its own: a text's answer does not depend on its neighbours.

        Args:
            overflow: what becomes of a text of more than T tokens (see `Pipeline.encode`). The
                windows' probabilities are averaged.
            sentences: (start, end) of each text's sentences, as `sentences.split` gives them, to
                have each of them classified by itself too. One that holds no token which was read
                gets no answer.
            explain: give the words of each text their weights (see `WordWeight`).
            timings: gets the seconds of this call added.
            network: runs the network in place of `probabilities`; what it raises ends this call.
        Returns:
            n outcomes in the order of the texts; where one cannot be classified, its error.
        """
        begun = perf_counter()
        encoded = self._pipeline.encode_many(texts, overflow=overflow)
        spans_of = repeat(None, len(texts)) if sentences is None else sentences
        plans = [
            self._plan(text, item, spans, explain) if isinstance(item, EncodedText) else item
            for text, item, spans in zip(texts, encoded, spans_of, strict=True)
        ]
        rows = [row for plan in plans if isinstance(plan, _Plan) for row in plan.rows()]
        tokenized = perf_counter()
        probabilities = iter((network or self.probabilities)(rows).tolist())
        if timings:
            timings.tokenize_seconds += tokenized - begun
            timings.inference_seconds += perf_counter() - tokenized
        return [
            self._prediction(plan, probabilities) if isinstance(plan, _Plan) else plan
            for plan in plans
        ]

    def probabilities(
        self,
        rows: Sequence[Sequence[int]],
        *,
        before_batch: Callable[[], None] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Run the network on n rows of at most T ids.

        Args:
            before_batch: is called before each run; what it raises ends this call.
        Returns:
            float64 (n, C), each row adding up to 1.
        """
        logits = np.empty((len(rows), self._columns), np.float32)
        for indices in _batches(rows):
            if before_batch:
                before_batch()
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

    def _plan(
        self,
        text: str,
        encoded: EncodedText,
        spans: Sequence[tuple[int, int]] | None,
        explain: bool,
    ) -> _Plan:
        return _Plan(
            text,
            encoded,
            sentences=None if spans is None else self._pipeline.encode_parts(encoded, spans),
            occlusions=occlude(text, encoded) if explain else None,
        )

    def _prediction(self, plan: _Plan, probabilities: _Rows) -> Prediction:
        """Make one text's answer of the next rows of `probabilities`, one for each of its own."""
        encoded = plan.encoded
        windows = list(islice(probabilities, len(encoded.rows)))
        by_label = self._mean(windows)
        label = _highest(by_label)
        return Prediction(
            label=label,
            probabilities=by_label,
            score=balance(by_label),
            statistics=Statistics(
                characters=len(plan.text),
                words=encoded.tokens.count_words(),
                tokens=len(encoded.tokens),
                unknown_tokens=encoded.tokens.count_unknown(),
                windows=len(windows),
                truncated=encoded.truncated,
            ),
            sentences=None
            if plan.sentences is None
            else [
                self._sentence(plan.text, part, by_label, probabilities) for part in plan.sentences
            ],
            explanation=None
            if plan.occlusions is None
            else self._explanation(plan.occlusions, label, windows, probabilities),
        )

    def _sentence(
        self, text: str, part: EncodedPart, whole: dict[str, float], probabilities: _Rows
    ) -> Sentence:
        rows = list(islice(probabilities, len(part.rows)))
        by_label = self._mean(rows) if rows else whole
        return Sentence(
            offset=part.start,
            length=part.end - part.start,
            text=text[part.start : part.end],
            label=_highest(by_label),
            probabilities=by_label,
            score=balance(by_label),
        )

    def _explanation(
        self, occlusions: Occlusions, target: str, windows: list[_Row], probabilities: _Rows
    ) -> Explanation:
        column = self.labels.index(target)
        return weigh(
            occlusions,
            target=target,
            whole=[row[column] for row in windows],
            without=[
                [row[column] for row in islice(probabilities, len(word.rows))]
                for word in occlusions.words
            ],
        )

    def _mean(self, rows: list[_Row]) -> dict[str, float]:
        """The probability of each label, averaged over rows of (C,)."""
        mean = rows[0]
        if len(rows) > 1:
            mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        return dict(zip(self.labels, mean, strict=True))


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
