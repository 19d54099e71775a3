"""Data files -> usable rows of text and label."""

import logging
import math
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.rows import parquet
from training.rows.decoding import DataError, suffix, unit, where
from training.rows.formats import READERS, Row, Wanted

logger = logging.getLogger(__name__)

# What programs write where a label is not known. "none" and "na" are left out: they are words.
MISSING = frozenset({"", "nan", "null", "<na>"})

_ROUNDING = 0.01  # how far from 1 a teacher's probabilities may add up


@dataclass(frozen=True)
class Problem:
    """A row that cannot be used, and why; `empty` where it has no text and is merely skipped."""

    line: int
    message: str
    empty: bool


@dataclass(frozen=True)
class Rows:
    """The usable rows of one file.

    `texts`, `labels` (None where the file was read as unlabelled), `lines` and each of `others`
    are of one length. A line is the one where the row begins, counted from 1; in Parquet it is the
    row's number. `others` holds further columns by name, each value as text.
    """

    path: Path
    texts: list[str]
    labels: list[str] | None
    lines: list[int]
    others: dict[str, list[str]] = field(default_factory=dict)

    def where(self, index: int) -> str:
        """The place of a row, for messages: `reviews.csv, line 18`."""
        return where(self.path, self.lines[index])


def read(
    path: str | Path,
    *,
    text: str = "text",
    label: str = "label",
    encoding: str = "utf-8",
    aliases: Mapping[str, str] | None = None,
    labelled: bool = True,
    refusal: Callable[[str], str | None] | None = None,
    others: Sequence[str] = (),
    problems: list[Problem] | None = None,
) -> Rows:
    """Read one file, whose suffix says what it is.

    Rows without text are skipped, and a warning counts them. Labels that are numbers or booleans
    become strings as JSON spells them (1.0 is "1", True is "true").

    Args:
        path: a .csv, .tsv, .jsonl, .ndjson or .parquet file; .txt only where unlabelled.
        text, label: the names of the columns.
        encoding: of text files; a byte-order mark overrules it.
        aliases: label as written -> label as meant, such as {"0": "negative"}.
        labelled: whether to read labels.
        refusal: says why a label, as meant, cannot be used, or None where it can.
        others: the names of further columns to keep.
        problems: where given, each row that cannot be used is added here and left out, and the
            warning is left to the caller; otherwise the first such row is an error.
    Raises:
        DataError: the file or a row of it cannot be used.
    """
    path = Path(path)
    columns = {"--text-column": text} | ({"--label-column": label} if labelled else {})
    first = len(columns)
    columns |= {f"the values of {name}": name for name in others}
    rows = Rows(path, [], [] if labelled else None, [], {name: [] for name in others})
    for line, values in _with_text(path, encoding, columns, problems):
        try:
            written = valid_text(path, line, values[0])
            name = _valid_label(path, line, values[1]) if labelled else ""
            name = aliases.get(name, name) if aliases else name
            if labelled and refusal and (reason := refusal(name)):
                raise DataError(f"{where(path, line)}: {reason}")
        except DataError as error:
            if problems is None:
                raise
            problems.append(Problem(line, str(error), empty=False))
            continue
        rows.texts.append(written)
        rows.lines.append(line)
        if rows.labels is not None:
            rows.labels.append(name)
        for kept, value in zip(rows.others.values(), values[first:], strict=True):
            kept.append("" if value is None else str(value))
    return rows


def read_taught(
    path: str | Path, label_names: Sequence[str], *, text: str = "text", encoding: str = "utf-8"
) -> tuple[Rows, npt.NDArray[np.float32]]:
    """Read one file of texts that a teacher labelled: a column of probabilities for each label.

    Args:
        label_names: C names, of the columns too.
    Returns:
        m rows, and float32 (m, C), each row adding up to 1.
    Raises:
        DataError: the file or a row of it cannot be used.
    """
    path = Path(path)
    columns = {"--text-column": text} | {
        f"a teacher's probability of {name}": name for name in label_names
    }
    rows = Rows(path, [], None, [])
    probabilities = []
    for line, (written, *numbers) in _with_text(path, encoding, columns):
        rows.texts.append(valid_text(path, line, written))
        rows.lines.append(line)
        probabilities.append(_probabilities(where(path, line), label_names, numbers))
    return rows, np.array(probabilities, np.float32)


def _with_text(
    path: Path,
    encoding: str,
    columns: Mapping[str, str],
    problems: list[Problem] | None = None,
) -> Iterator[tuple[int, list[Any]]]:
    """The cells of the rows whose first cell, the text, is not empty.

    The others become `problems`, or a warning counts them where there is no such list.
    """
    empty: list[int] = []
    found = False
    for row in _rows(path, encoding, columns):
        if row.problem:
            if problems is None:
                raise row.problem
            problems.append(Problem(row.line, str(row.problem), empty=False))
            continue
        value = row.cells[0]
        if value is None or (isinstance(value, str) and not value.strip()):
            empty.append(row.line)
            continue
        found = True
        yield row.line, row.cells
    if not found:
        raise DataError(f"{path}: no row holds text ({len(empty)} empty).")
    if problems is not None:
        problems.extend(Problem(line, "there is no text", empty=True) for line in empty)
    elif empty:
        first = ", ".join(map(str, empty[:5])) + (", ..." if len(empty) > 5 else "")
        logger.warning("%s: skipped %d without text: %s %s", path, len(empty), unit(path), first)


def _rows(path: Path, encoding: str, columns: Mapping[str, str]) -> Iterator[Row]:
    check_readable(path)
    kind, labelled, wanted = suffix(path), len(columns) > 1, Wanted(columns)
    if kind == ".parquet":
        yield from parquet.read(path, wanted)
    elif kind in READERS and not (labelled and kind == ".txt"):
        reading = READERS[kind](path, encoding, wanted)
        with closing(reading.lines):
            yield from reading.rows
    else:
        raise DataError(
            f"{path}: cannot read {'labelled' if labelled else 'unlabelled'} text from a "
            f'"{path.suffix}" file; .csv, .tsv, .jsonl, .ndjson and .parquet will do '
            "(and .txt for unlabelled text, one a line)."
        )


def check_readable(path: Path) -> None:
    """Refuse a file that is not there, cannot be opened or is empty.

    Raises:
        DataError: it is so.
    """
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise DataError(f"{path}: the file is empty.")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _probabilities(place: str, names: Sequence[str], values: Sequence[object]) -> list[float]:
    """Numbers from 0 to 1 that add up to 1, but for rounding; scaled so that they do exactly."""
    numbers = []
    for name, value in zip(names, values, strict=True):
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not 0 <= number <= 1:
            raise DataError(f'{place}: "{name}" is {value!r}, not a probability from 0 to 1.')
        numbers.append(number)
    total = sum(numbers)
    if abs(total - 1) > _ROUNDING:
        raise DataError(
            f"{place}: the probabilities of {', '.join(names)} add up to {total:.4g}, not to 1."
        )
    return [number / total for number in numbers]


def valid_text(path: Path, line: int, value: object, what: str = "text") -> str:
    """The value itself, if it is a string of valid Unicode.

    Raises:
        DataError: it is not.
    """
    if not isinstance(value, str):
        kind = type(value).__name__
        raise DataError(
            f"{where(path, line)}: the {what} is {reprlib.repr(value)} ({kind}), not a string."
        )
    if "\0" in value:
        raise DataError(f"{where(path, line)}: the {what} holds a NUL character; remove it.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"{where(path, line)}: the {what} holds a lone surrogate "
                f"(U+{ord(value[error.start]):04X}), half of a character; write it whole."
            ) from error
    return value


def _valid_label(path: Path, line: int, value: object) -> str:
    """The label as a stripped string."""
    name = value
    if value is None or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        name = ""
    elif isinstance(value, bool):
        name = "true" if value else "false"
    elif isinstance(value, int | float | Decimal):
        name = str(int(value)) if value == int(value) else str(value)
    name = valid_text(path, line, name, "label").strip()
    if name.casefold() in MISSING:
        raise DataError(
            f"{where(path, line)}: the label is missing (found {value!r}). "
            "Give the row a label or remove it."
        )
    return name
