"""Data files -> usable rows of text and label."""

import logging
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from training.formats import READERS, DataError, plain, unit, where

logger = logging.getLogger(__name__)

# What programs write where a label is not known. "none" and "na" are left out: they are words.
MISSING = frozenset({"", "nan", "null", "<na>"})


@dataclass(frozen=True)
class Rows:
    """The usable rows of one file.

    `texts`, `labels` (None where the file was read as unlabelled) and `lines` are of one length.
    A line is the one where the row begins, counted from 1; in Parquet it is the row's number.
    """

    path: Path
    texts: list[str]
    labels: list[str] | None
    lines: list[int]

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
    Raises:
        DataError: the file or a row of it cannot be used.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    reader = READERS.get(path.suffix.lower())
    if reader is None or (labelled and reader is plain):
        raise DataError(
            f"{path}: cannot read {'labelled' if labelled else 'unlabelled'} text from a "
            f'"{path.suffix}" file; .csv, .tsv, .jsonl, .ndjson and .parquet will do '
            "(and .txt for unlabelled text, one a line)."
        )
    if not data:
        raise DataError(f"{path}: the file is empty.")

    columns = {"--text-column": text} | ({"--label-column": label} if labelled else {})
    rows = Rows(path, [], [] if labelled else None, [])
    empty: list[int] = []
    for line, values in reader(path, data, encoding, columns):
        if values[0] is None or (isinstance(values[0], str) and not values[0].strip()):
            empty.append(line)
            continue
        rows.texts.append(_valid_text(path, line, values[0]))
        rows.lines.append(line)
        if rows.labels is not None:
            name = _valid_label(path, line, values[1])
            rows.labels.append(aliases.get(name, name) if aliases else name)
    if not rows.texts:
        raise DataError(f"{path}: no row holds text ({len(empty)} empty).")
    if empty:
        first = ", ".join(map(str, empty[:5])) + (", ..." if len(empty) > 5 else "")
        logger.warning("%s: skipped %d without text: %s %s", path, len(empty), unit(path), first)
    return rows


def _valid_text(path: Path, line: int, value: object, what: str = "text") -> str:
    """The value itself, if it is a string of valid Unicode."""
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
    name = _valid_text(path, line, name, "label").strip()
    if name.casefold() in MISSING:
        raise DataError(
            f"{where(path, line)}: the label is missing (found {value!r}). "
            "Give the row a label or remove it."
        )
    return name
