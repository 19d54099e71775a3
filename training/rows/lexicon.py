"""A user's own words with numbers: a table -> words and their values."""

import csv
import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.rows.decoding import DataError, suffix, where
from training.rows.formats import READERS, Wanted
from training.rows.readers import check_readable, valid_text

WORD = "word"

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """m words, each with K numbers.

    Attributes:
        columns: the K headers.
        words: as they are written.
        values: float32 (m, K).
        lines: where each word stands, counted from 1.
    """

    path: Path
    columns: tuple[str, ...]
    words: list[str]
    values: npt.NDArray[np.float32]
    lines: list[int]


def read(path: Path, *, encoding: str = "utf-8") -> Lexicon:
    """Read a CSV or TSV file: a column `word`, and a number in every other one.

    Raises:
        DataError: the file or a row of it cannot be used; the message says what was received.
    """
    check_readable(path)
    if suffix(path) not in (".csv", ".tsv"):
        raise DataError(f'{path}: received a "{path.suffix}" file; a lexicon is a .csv or a .tsv.')
    columns = _columns(path, encoding)
    wanted = Wanted({"the words": WORD} | {f"the feature {name}": name for name in columns})
    reading = READERS[suffix(path)](path, encoding, wanted)
    words, values, lines = [], [], []
    with closing(reading.lines):
        for row in reading.rows:
            if row.problem:
                raise row.problem
            word, *cells = row.cells
            words.append(_word(path, row.line, word))
            values.append(
                [_number(path, row.line, *cell) for cell in zip(columns, cells, strict=True)]
            )
            lines.append(row.line)
    if not words:
        raise DataError(f"{path}: received a header alone; a lexicon has at least one word.")
    return Lexicon(path, columns, words, np.array(values, np.float32), lines)


def _columns(path: Path, encoding: str) -> tuple[str, ...]:
    """Return the headers beside that of the words."""
    reading = READERS[suffix(path)](path, encoding, Wanted({"the words": WORD}))
    reading.lines.close()
    header = reading.header.removeprefix("\ufeff").splitlines(keepends=True)
    names = [name.strip() for name in next(csv.reader(header, delimiter=reading.delimiter))]
    columns = tuple(name for name in names if name != WORD)
    place = f"{where(path, 1)} (the header)"
    if not columns:
        raise DataError(f'{place}: received "{WORD}" alone; a column of numbers must stand beside.')
    if "" in columns:
        raise DataError(f"{place}: received a column without a name; a feature is named by it.")
    return columns


def _word(path: Path, line: int, cell: object) -> str:
    word = valid_text(path, line, cell, WORD).strip()
    if not word:
        raise DataError(f"{where(path, line)}: the {WORD} is empty. Write one, or remove the row.")
    return word


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not abs(number) <= _LARGEST:  # NaN is not either
        raise DataError(
            f'{where(path, line)}: "{column}" is {cell!r}, not a number. Every column but '
            f'"{WORD}" is a feature: write 0 where a word has none of it.'
        )
    return number
