"""File formats -> numbered cells: CSV, TSV, JSON lines, Parquet, plain text."""

import codecs
import csv
import difflib
import io
import json
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError

# A line's number, and what stands in each wanted column there. A reader gets the wanted columns by
# the option that names them, or by what they hold where none does.
Values = Iterator[tuple[int, list[Any]]]

# The longer marks first: UTF-32 (little-endian) begins with the mark of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


class DataError(SentimentError):
    """The data cannot be trained on; the message names the file and the line."""

    code = "bad_data"


def closest(word: str, possible: Iterable[str]) -> str | None:
    """The possible word that is written most like this one, whatever its case; or None."""
    by_folded = {name.casefold(): name for name in possible}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """` Did you mean "positive"?` for the closest of the possible words, or nothing."""
    meant = closest(word, possible)
    return f' Did you mean "{meant}"?' if meant else ""


def unit(path: Path) -> str:
    """What the rows of a file are counted in."""
    return "row" if path.suffix.lower() == ".parquet" else "line"


def where(path: Path, line: int) -> str:
    """The place of a row, for messages: `reviews.csv, line 18`."""
    return f"{path}, {unit(path)} {line}"


def _missing_column(place: str, option: str, name: str, found: list[str]) -> DataError:
    shown = ", ".join(f'"{reprlib.repr(column)[1:-1]}"' for column in found[:20])
    remedy = f"Say which to read with {option}." if option[0] == "-" else f"It holds {option}."
    return DataError(
        f'{place}: there is no column "{name}"; the columns are {shown or "none"}.'
        f"{did_you_mean(name, found)} {remedy}"
    )


def _positions(place: str, header: list[str], columns: Mapping[str, str]) -> list[int]:
    """Where in the header the wanted columns stand."""
    for option, name in columns.items():
        if name not in header:
            raise _missing_column(place, option, name, header)
        if header.count(name) > 1:
            raise DataError(
                f'{place}: {header.count(name)} columns are named "{name}"; rename all but one.'
            )
    return [header.index(name) for name in columns.values()]


def _decode(path: Path, data: bytes, encoding: str) -> str:
    """The text of a file, without its byte-order mark."""
    mark, encoding = next(
        ((mark, named) for mark, named in BYTE_ORDER_MARKS if data.startswith(mark)),
        (b"", encoding),
    )
    body = data[len(mark) :]
    try:
        content = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].decode(encoding, "replace").count("\n") + 1
        raise DataError(
            f"{path}, line {line}: not valid {encoding} (byte 0x{body[error.start]:02x} at offset "
            f"{len(mark) + error.start}). If the file is in another encoding, name it, "
            "for example --encoding cp1252."
        ) from error
    except (LookupError, UnicodeError) as error:
        raise DataError(f'{path}: cannot decode it as "{encoding}": {error}.') from error
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        raise DataError(
            f"{path}, line {line}: the text holds a NUL character. The file is damaged, or in "
            "UTF-16 without a byte-order mark: --encoding utf-16-le reads that."
        )
    return content


def _lines(content: str) -> list[str]:
    # Not str.splitlines, which also splits at characters that may stand in a text (U+2028).
    return content.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _table(path: Path, data: bytes, encoding: str, columns: Mapping[str, str]) -> Values:
    content = _decode(path, data, encoding)
    tabs = path.suffix.lower() == ".tsv"
    delimiter = "\t" if tabs else _delimiter(content, set(columns.values()))
    parse = _tab_records if delimiter == "\t" else _records
    records = parse(path, content, delimiter)
    line, header = next(records, (1, []))
    header = [name.strip() for name in header]
    positions = _positions(f"{where(path, line)} (the header)", header, columns)
    for line, cells in records:
        if len(cells) != len(header):
            raise DataError(
                f"{where(path, line)}: the number of cells is {len(cells)}, but the header has "
                f"{len(header)}. A cell that holds {DELIMITERS[delimiter]} must stand in double "
                "quotes."
            )
        yield line, [cells[position] for position in positions]


def _delimiter(content: str, wanted: set[str]) -> str:
    """The delimiter that finds most of the wanted columns in the header, then most columns."""

    def found(delimiter: str) -> tuple[int, int]:
        start = io.StringIO(content[:65536], newline="")
        reader = csv.reader(start, delimiter=delimiter, strict=True)
        try:
            header = next((cells for cells in reader if cells), [])
        except csv.Error:
            return (-1, 0)
        return (len(wanted & {name.strip() for name in header}), len(header))

    return max(DELIMITERS, key=found)


def _records(path: Path, content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each record that is not blank."""
    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
    # Strict: a stray quote is an error rather than a row that swallows the rows after it.
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{where(path, line)}: a quoted cell is not closed where it should be ({error}). "
                'Inside a quoted cell, write each double quote twice ("").'
            ) from error
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield line, cells


def _tab_records(path: Path, content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The same of a tab-separated file, where a stray double quote is just a character.

    Where each line has as many cells as the first, no cell spans lines, and a quote means
    something only around a whole cell. Otherwise the rules of CSV hold.
    """
    numbered = enumerate(_lines(content), 1)
    rows = [(line, row.split(delimiter)) for line, row in numbered if row.strip(" ")]
    if len({len(cells) for _, cells in rows}) > 1:
        yield from _records(path, content, delimiter)
    else:
        for line, cells in rows:
            yield line, [_unquoted(cell) for cell in cells]


def _unquoted(cell: str) -> str:
    inside = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inside.replace('""', ""):
        return inside.replace('""', '"')
    return cell


def _json_lines(path: Path, data: bytes, encoding: str, columns: Mapping[str, str]) -> Values:
    # Only a line feed ends a line: JSON strings may hold the other separators.
    for line, written in enumerate(_decode(path, data, encoding).split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{where(path, line)}: not a JSON object ({error}). "
                "Each line must be one whole object."
            ) from error
        if not isinstance(row, dict):
            raise DataError(
                f"{where(path, line)}: {reprlib.repr(row)} is not a JSON object. "
                'Each line must be one, such as {"text": "Great food.", "label": "positive"}.'
            )
        for option, name in columns.items():
            if name not in row:
                raise _missing_column(where(path, line), option, name, list(row))
        yield line, [row[name] for name in columns.values()]


def _parquet(path: Path, data: bytes, encoding: str, columns: Mapping[str, str]) -> Values:
    import pyarrow  # here, because it takes a while and other formats do without
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        _positions(str(path), file.schema_arrow.names, columns)
        table = file.read(columns=list(columns.values()))
        values = [table.column(name).to_pylist() for name in columns.values()]
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file: {error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: a cell is not valid UTF-8: {error}.") from error
    for line, row in enumerate(zip(*values, strict=True), 1):
        yield line, list(row)


def plain(path: Path, data: bytes, encoding: str, columns: Mapping[str, str]) -> Values:
    lines = _lines(_decode(path, data, encoding))
    # What follows the last line feed is not a line.
    for line, text in enumerate(lines if lines[-1] else lines[:-1], 1):
        yield line, [text]


READERS: dict[str, Callable[[Path, bytes, str, Mapping[str, str]], Values]] = {
    ".csv": _table,
    ".tsv": _table,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    ".txt": plain,
}
