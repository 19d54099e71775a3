"""Bundle to answers: ONNX Runtime on `network.onnx`, told the lengths of the rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path
from time import perf_counter
from typing import Self

import numpy as np
import numpy.typing as npt

from sentiment import bundle as bundles
from sentiment import task as tasks
from sentiment.bundle import Bundle
from sentiment.errors import BundleDamaged, GoldenMismatch, TextError
from sentiment.explain import Occlusions, occlude, weigh
from sentiment.pipeline import EncodedPart, EncodedText, Overflow, Pipeline, pad
from sentiment.prediction import Estimate, Explanation, Prediction, Statistics, Timings
from sentiment.runtime import onnxruntime

# More would be slower: the gates of 128 units for so many tokens still fit into a core's cache.
# Against 4,096, rows of 16 tokens took 23 % less time, and rows of 380 tokens 4 % more.
MAX_TOKENS_A_CALL = 1536

# Answers as Python's numbers: for a row or two they are quicker than arrays.
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
        self.task = tasks.of(bundle.manifest)
        self.labels = self.task.labels
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
    ) -> list[Prediction | Estimate | TextError]:
        """Answer n texts, each on its own: a text's answer does not depend on its neighbours.

        Args:
            overflow: what becomes of a text of more than T tokens (see `Pipeline.encode`). The
                windows' answers are averaged.
            sentences: (start, end) of each text's sentences, as `sentences.split` gives them, to
                have each of them classified by itself too. One that holds no token which was read
                gets no answer.
            explain: give the words of each text their weights (see `WordWeight`).
            timings: gets the seconds of this call added.
            network: runs the network in place of `answers`; what it raises ends this call.
        Returns:
            n outcomes in the order of the texts, predictions of a classification and estimates of
            a regression; where a text cannot be read, its error.
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
        answers = iter((network or self.answers)(rows).tolist())
        if timings:
            timings.tokenize_seconds += tokenized - begun
            timings.inference_seconds += perf_counter() - tokenized
        return [
            self._prediction(plan, answers) if isinstance(plan, _Plan) else plan for plan in plans
        ]

    def answers(
        self,
        rows: Sequence[Sequence[int]],
        *,
        before_batch: Callable[[], None] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Run the network on n rows of at most T ids.

        Args:
            before_batch: is called before each run; what it raises ends this call.
        Returns:
            float64 (n, C), probabilities, each row adding up to 1; of a regression values, (n, 1).
        """
        outputs = np.empty((len(rows), self.task.columns), np.float32)
        for indices in _batches(rows):
            if before_batch:
                before_batch()
            ids, lengths = pad([rows[i] for i in indices], self._pipeline.config.timesteps)
            (outputs[indices],) = self._session.run(None, {"ids": ids, "lengths": lengths})
        return self.task.activate(outputs)

    def replay(self) -> None:
        """Check the known answers.

        Raises:
            GoldenMismatch: a text gives other ids or another answer than it did in training.
        """
        for known in self.bundle.golden:
            encoded = self._pipeline.encode(known.text)
            if encoded.rows != known.ids:
                raise GoldenMismatch(
                    f"{self.name}/{self.version}: the text {known.text[:60]!r} gives the ids "
                    f"{str(encoded.rows)[:120]}, and gave {str(known.ids)[:120]} in training."
                )
            received = self.answers(encoded.rows).mean(axis=0)
            if not np.allclose(received, known.answer, rtol=0, atol=self.task.tolerance):
                raise GoldenMismatch(
                    f"{self.name}/{self.version}: the text {known.text[:60]!r} gives "
                    f"{received.round(6).tolist()}, and gave {known.answer} in training "
                    f"(for {', '.join(self.labels) or 'the value'}; "
                    f"at most {self.task.tolerance:g} may differ)."
                )

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

    def _prediction(self, plan: _Plan, answers: _Rows) -> Prediction | Estimate:
        """Make one text's prediction of the next rows of `answers`, one for each of its own."""
        encoded = plan.encoded
        windows = list(islice(answers, len(encoded.rows)))
        whole = _mean(windows)
        sentences = None
        if plan.sentences is not None:
            sentences = [
                (
                    part.start,
                    plan.text[part.start : part.end],
                    _mean(list(islice(answers, len(part.rows)))) if part.rows else whole,
                )
                for part in plan.sentences
            ]
        return self.task.predict(
            whole,
            Statistics(
                characters=len(plan.text),
                words=encoded.tokens.count_words(),
                tokens=len(encoded.tokens),
                unknown_tokens=encoded.tokens.count_unknown(),
                windows=len(windows),
                truncated=encoded.truncated,
            ),
            sentences,
            self._explanation(plan.occlusions, whole, windows, answers)
            if plan.occlusions
            else None,
            encoded.span if encoded.truncated else None,
        )

    def _explanation(
        self, occlusions: Occlusions, whole: _Row, windows: list[_Row], answers: _Rows
    ) -> Explanation:
        target = self.task.target(whole)
        return weigh(
            occlusions,
            target=target.name,
            whole=[row[target.column] for row in windows],
            without=[
                [row[target.column] for row in islice(answers, len(word.rows))]
                for word in occlusions.words
            ],
            compare=target.compare,
        )


def _mean(rows: list[_Row]) -> _Row:
    """The answer (A,), averaged over rows of it."""
    if len(rows) == 1:
        return rows[0]
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


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
