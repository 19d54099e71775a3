"""Formats of text -> numbered rows, one after the other: CSV, TSV, JSON lines, plain text."""

import csv
import difflib
import json
import reprlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from training.rows.decoding import MAX_CHARACTERS, DataError, Lines, repaired, suffix, where

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}

_START = 65536  # characters that the delimiter is told by


class Row(NamedTuple):
    """One row of a file.

    Attributes:
        line: where it begins, counted from 1; in Parquet the row's number.
        cells: what stands in each wanted column; nothing where there is a problem.
        problem: why the row cannot be used.
        written: the row in the file's own way without its line end, and with it a row of empty
            cells where it cannot be read. Nothing in Parquet.
    """

    line: int
    cells: list[Any]
    problem: DataError | None = None
    written: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for.

    Attributes:
        columns: those whose cells it gives, each by the option that names it, or by what it holds
            where none does.
        adding: columns that are to be added, and so must not be there.
        adding_option: what would do where they are.
    """

    columns: Mapping[str, str]
    adding: Collection[str] = ()
    adding_option: str = ""


@dataclass(frozen=True)
class Reading:
    """A file of text that is being read.

    Attributes:
        rows: all but blank lines, each read as it is asked for.
        lines: what they are read from, to be closed.
        header: of a table, the first row as it is written, with its line end.
        delimiter: of a table.
    """

    rows: Iterator[Row]
    lines: Lines
    header: str = ""
    delimiter: str = ""


class MissingColumn(DataError):
    """A wanted column is not there."""


def closest(word: str, possible: Iterable[str]) -> str | None:
    """The possible word that is written most like this one, whatever its case; or None."""
    by_folded = {name.casefold(): name for name in possible}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """` Did you mean "positive"?` for the closest of the possible words, or nothing."""
    meant = closest(word, possible)
    return f' Did you mean "{meant}"?' if meant else ""


def _missing_column(place: str, option: str, name: str, found: Collection[str]) -> MissingColumn:
    shown = ", ".join(f'"{reprlib.repr(column)[1:-1]}"' for column in list(found)[:20])
    remedy = f"Say which to read with {option}." if option[0] == "-" else f"It holds {option}."
    return MissingColumn(
        f'{place}: there is no column "{name}"; the columns are {shown or "none"}.'
        f"{did_you_mean(name, found)} {remedy}"
    )


def _refuse_clash(place: str, found: Collection[str], wanted: Wanted) -> None:
    for name in wanted.adding:
        if name in found:
            raise DataError(
                f'{place}: there is a column "{name}" already, and one of this name is to be '
                f"added. {wanted.adding_option}"
            )


def positions(place: str, header: list[str], wanted: Wanted) -> list[int]:
    """Where in the header the wanted columns stand.

    Raises:
        DataError: one is missing or there twice, or one that is to be added is there.
    """
    for option, name in wanted.columns.items():
        if name not in header:
            raise _missing_column(place, option, name, header)
        if header.count(name) > 1:
            raise DataError(
                f'{place}: {header.count(name)} columns are named "{name}"; rename all but one.'
            )
    _refuse_clash(place, header, wanted)
    return [header.index(name) for name in wanted.columns.values()]


def _table(path: Path, encoding: str, wanted: Wanted) -> Reading:
    delimiter = "\t" if suffix(path) == ".tsv" else _delimiter(path, encoding, wanted)
    plain_tabs = delimiter == "\t" and _is_plain(path, encoding)
    lines = Lines(path, encoding)
    try:
        records = (_tab_records if plain_tabs else _records)(lines, delimiter)
        header = next(records, _Record(1, [], "\n"))
        problem = header.problem or lines.damage(header.line, header.written)
        if problem:
            raise problem
        names = [name.strip() for name in header.cells]
        place = f"{where(path, header.line)} (the header)"
        at = positions(place, names, wanted)
    except BaseException:
        lines.close()
        raise
    return Reading(
        _rows(lines, records, delimiter, len(names), at),
        lines,
        header=("\ufeff" if lines.marked else "") + header.written,
        delimiter=delimiter,
    )


class _Record(NamedTuple):
    """What the grammar of a table makes of some lines: its cells, or why it makes none."""

    line: int
    cells: list[str]
    written: str
    problem: DataError | None = None


def _rows(
    lines: Lines, records: Iterator[_Record], delimiter: str, columns: int, at: list[int]
) -> Iterator[Row]:
    blank = delimiter * (columns - 1) if columns > 1 else '""'
    for line, cells, written, problem in records:
        damage = lines.damage(line, written)
        if problem is None and len(cells) != columns:
            problem = DataError(
                f"{where(lines.path, line)}: the number of cells is {len(cells)}, but the header "
                f"has {columns}. A cell that holds {DELIMITERS[delimiter]} must stand in double "
                "quotes."
            )
        if problem:
            yield Row(line, [], damage or problem, blank)
        elif damage:
            yield Row(line, [], damage, repaired(written.rstrip("\r\n")))
        else:
            yield Row(line, [cells[i] for i in at], None, written.rstrip("\r\n"))


def _delimiter(path: Path, encoding: str, wanted: Wanted) -> str:
    """The delimiter that finds most of the wanted columns in the header, then most columns."""
    start: list[str] = []
    with closing(Lines(path, encoding)) as lines:
        for line in lines:
            start.append(line)
            if sum(map(len, start)) > _START:
                break

    def found(delimiter: str) -> tuple[int, int]:
        try:
            reader = csv.reader(start, delimiter=delimiter, strict=True)
            header = next((cells for cells in reader if cells), [])
        except csv.Error:
            return (-1, 0)
        return (len({*wanted.columns.values()} & {name.strip() for name in header}), len(header))

    return max(DELIMITERS, key=found)


def _records(lines: Lines, delimiter: str) -> Iterator[_Record]:
    """Each record that is not blank.

    One that does not end where it should is a problem of its first line alone: the lines after
    that are read anew.
    """
    csv.field_size_limit(MAX_CHARACTERS)
    # Strict: a stray quote is an error rather than a row that swallows the rows after it.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first, *rest = lines.taken
            lines.put_back(rest)
            problem = DataError(
                f"{where(lines.path, line)}: a quoted cell is not closed where it should be "
                f'({error}). Inside a quoted cell, write each double quote twice ("").'
            )
            yield _Record(line, [], first, problem)
            line += 1
            continue
        written, taken = "".join(lines.taken), len(lines.taken)
        if written.strip(" \r\n"):
            yield _Record(line, cells, written)
        line += taken


def _is_plain(path: Path, encoding: str) -> bool:
    """Whether each line of a tab-separated file has as many cells, two or more, as the first.

    Then no cell spans lines, and a stray double quote is just a character. Otherwise the rules of
    CSV hold.
    """
    with closing(Lines(path, encoding)) as lines:
        tabs = None
        for line in lines:
            lines.taken.clear()
            if line.strip(" \r\n"):
                count = line.count("\t")
                if tabs not in (None, count):
                    return False
                tabs = count
    return bool(tabs)


def _tab_records(lines: Lines, delimiter: str) -> Iterator[_Record]:
    """The same of a tab-separated file in which a quote means something only around a cell."""
    for number, written in enumerate(lines, 1):
        lines.taken.clear()
        row = written.rstrip("\r\n")
        if row.strip(" "):
            yield _Record(number, [_unquoted(cell) for cell in row.split(delimiter)], written)


def _unquoted(cell: str) -> str:
    inside = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inside.replace('""', ""):
        return inside.replace('""', '"')
    return cell


def _json_lines(path: Path, encoding: str, wanted: Wanted) -> Reading:
    # Only a line feed ends a line: JSON strings may hold the other separators.
    lines = Lines(path, encoding, newline="\n")
    return Reading(_json_rows(lines, wanted), lines)


def _json_rows(lines: Lines, wanted: Wanted) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        lines.taken.clear()
        written = line.strip()
        if not written:
            continue
        damage, place = lines.damage(number, line), where(lines.path, number)
        if damage:
            written = repaired(written)
        try:
            row = json.loads(written)
        except (ValueError, RecursionError) as error:
            problem = DataError(
                f"{place}: not a JSON object ({error}). Each line must be one whole object."
            )
            yield Row(number, [], damage or problem, "{}")
            continue
        if not isinstance(row, dict):
            problem = DataError(
                f"{place}: {reprlib.repr(row)} is not a JSON object. "
                'Each line must be one, such as {"text": "Great food.", "label": "positive"}.'
            )
            yield Row(number, [], damage or problem, "{}")
            continue
        _refuse_clash(place, row, wanted)
        missing = [
            _missing_column(place, option, name, row)
            for option, name in wanted.columns.items()
            if name not in row
        ]
        if damage or missing:
            yield Row(number, [], damage or missing[0], written)
        else:
            yield Row(number, [row[name] for name in wanted.columns.values()], None, written)


def _plain(path: Path, encoding: str, wanted: Wanted) -> Reading:
    lines = Lines(path, encoding)
    return Reading(_plain_rows(lines), lines)


def _plain_rows(lines: Lines) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        lines.taken.clear()
        written = line.rstrip("\r\n")
        yield Row(number, [written], lines.damage(number, line), written)


READERS: dict[str, Callable[[Path, str, Wanted], Reading]] = {
    ".csv": _table,
    ".tsv": _table,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".txt": _plain,
}
