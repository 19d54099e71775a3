"""A block of rows -> its piece of the output, by one classifier."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sentiment.classifier import Classifier
from sentiment.errors import SentimentError, TextTooLong
from sentiment.pipeline import Overflow
from sentiment.prediction import DECIMALS, Estimate, Prediction
from sentiment.task import Task
from training.offline.blocks import Block, Cells, Column
from training.rows.decoding import DataError, where
from training.rows.readers import valid_text

# A longer text is refused: its tokens would take more memory than all else.
MAX_TEXT_CHARACTERS = 1_000_000

# Of the texts in one call of the classifier, whose tokens are in memory together.
_CALL_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Scored:
    """A piece of the output.

    `problems` says of each row without an answer what is wrong with it, and `bad` counts them by
    the code of the error.
    """

    data: bytes
    rows: int
    problems: list[str] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)


def columns(task: Task, prefix: str) -> list[Column]:
    """The columns that are added to each row, in this order."""
    answer = {"value": float}
    if task.labels:
        answer = {"label": str, "score": float}
        answer |= {f"probability_{label}": float for label in task.labels}
    return [
        *(Column(prefix + name, kind) for name, kind in answer.items()),
        Column(prefix + "unknown_rate", float),
        Column(prefix + "truncated", bool),
        Column(prefix + "error", str),
    ]


def score(
    classifier: Classifier,
    block: Block,
    *,
    path: Path,
    overflow: Overflow,
    added: Sequence[Column],
) -> Scored:
    """Classify the rows of a block; one that cannot be leaves its error in its place.

    Args:
        path: the file that the block is of, for messages.
        added: what `columns` gives.
    """
    outcomes: list[Prediction | Estimate | SentimentError | str] = []
    lines = []
    for line, value in block.texts():
        lines.append(line)
        try:
            outcomes.append(_text(path, line, value))
        except SentimentError as error:
            outcomes.append(error)
    texts = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, str)]
    for group in _groups(outcomes, texts):
        answers = classifier.predict([outcomes[i] for i in group], overflow=overflow)
        for i, answer in zip(group, answers, strict=True):
            outcomes[i] = answer

    scored = Scored(b"", len(block))
    cells: list[Cells] = []
    for line, outcome in zip(lines, outcomes, strict=True):
        if isinstance(outcome, SentimentError):
            problem = _message(path, line, outcome)
            scored.problems.append(problem)
            scored.bad[outcome.code] += 1
            cells.append([*[None] * (len(added) - 1), problem])
        else:
            cells.append(_answer(outcome))
    return Scored(block.write(added, cells), scored.rows, scored.problems, scored.bad)


def _text(path: Path, line: int, value: object) -> str:
    if isinstance(value, DataError):
        raise value
    text = "" if value is None else valid_text(path, line, value)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TextTooLong(
            f"The text has {len(text):,} characters, and at most {MAX_TEXT_CHARACTERS:,} are taken."
        )
    return text


def _groups(texts: Sequence[object], indices: list[int]) -> Iterator[list[int]]:
    """Yield the indices in groups whose texts together are not too long."""
    group: list[int] = []
    characters = 0
    for i in indices:
        length = len(texts[i])
        if group and characters + length > _CALL_CHARACTERS:
            yield group
            group, characters = [], 0
        group.append(i)
        characters += length
    if group:
        yield group


def _answer(prediction: Prediction | Estimate) -> Cells:
    statistics = prediction.statistics
    named = []
    if isinstance(prediction, Prediction):
        score = None if prediction.score is None else round(prediction.score, DECIMALS)
        named = [prediction.label, score]
    return [
        *named,
        *[round(number, DECIMALS) for number in prediction.answer],
        round(statistics.unknown_tokens / statistics.words, DECIMALS),
        statistics.truncated,
        None,
    ]


def _message(path: Path, line: int, error: SentimentError) -> str:
    """What is wrong, with its place, on one line and in whole characters."""
    message = str(error) if isinstance(error, DataError) else f"{where(path, line)}: {error}"
    return " ".join(message.encode("utf-8", "backslashreplace").decode().split())
