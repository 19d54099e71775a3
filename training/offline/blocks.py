"""Blocks of rows: what is read of a file to be scored, and how its answers are written beside it.

A block is handed to the process that scores it, which gives back the bytes that the output grows
by. What a row holds already is not written anew: a row of text keeps its very characters, and a
Parquet column its type.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from training.rows import parquet
from training.rows.decoding import STANDARD_STREAM, DataError, compressed, suffix
from training.rows.formats import READERS, MissingColumn, Reading, Row, Wanted, positions

if TYPE_CHECKING:
    import pyarrow

OBJECTS = (".jsonl", ".ndjson")

# Of texts in a block, and of cells of Parquet in bytes: rows that are long come in smaller blocks.
_BLOCK_CHARACTERS = 2**21

_GROUP_ROWS, _GROUP_BYTES = 2**16, 2**26  # of a row group of the Parquet that is written

# The cells that are added to one row, and the names and kinds of such cells.
Cells = Sequence[str | float | bool | None]


class Column(NamedTuple):
    """A column that is added; `kind` is the type of its cells where they are not null."""

    name: str
    kind: type[str] | type[float] | type[bool]


class Block(Protocol):
    """Some rows of a file, one after the other."""

    def __len__(self) -> int: ...

    def texts(self) -> list[tuple[int, Any]]:
        """Line and text cell of each row, or line and DataError."""
        ...

    def write(self, columns: Sequence[Column], cells: Sequence[Cells]) -> bytes:
        """The rows with the added cells, as a piece of the output."""
        ...


class Progress(NamedTuple):
    """A block, and how much of the file was read with it, from 0 to 1; None where nobody knows."""

    block: Block
    share_read: float | None


@dataclass(frozen=True)
class _TextBlock:
    rows: list[Row]

    def __len__(self) -> int:
        return len(self.rows)

    def texts(self) -> list[tuple[int, Any]]:
        return [(row.line, row.problem or row.cells[0]) for row in self.rows]


@dataclass(frozen=True)
class _TableBlock(_TextBlock):
    delimiter: str
    line_end: str
    packed: bool

    def write(self, columns: Sequence[Column], cells: Sequence[Cells]) -> bytes:
        written = [
            row.written + self.delimiter + _line(added, self.delimiter) + self.line_end
            for row, added in zip(self.rows, cells, strict=True)
        ]
        return _pack("".join(written), self.packed)


@dataclass(frozen=True)
class _ObjectBlock(_TextBlock):
    packed: bool

    def write(self, columns: Sequence[Column], cells: Sequence[Cells]) -> bytes:
        names = [column.name for column in columns]
        written = []
        for row, values in zip(self.rows, cells, strict=True):
            added = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
            kept = row.written[:-1].rstrip()
            written.append(f"{kept}{'' if kept == '{' else ', '}{added[1:]}\n")
        return _pack("".join(written), self.packed)


@dataclass(frozen=True)
class _ParquetBlock:
    """`batch` is a whole Arrow stream: a batch itself would be pickled with its neighbours' rows.

    So is what is written: a piece of Parquet could not be appended to.
    """

    path: Path
    first: int
    rows: int
    position: int
    batch: bytes

    def __len__(self) -> int:
        return self.rows

    def texts(self) -> list[tuple[int, Any]]:
        cells = parquet.values(_from_stream(self.batch).column(self.position))
        return [
            (
                number,
                parquet.not_unicode(self.path, number, cell)
                if isinstance(cell, UnicodeError)
                else cell,
            )
            for number, cell in enumerate(cells, self.first)
        ]

    def write(self, columns: Sequence[Column], cells: Sequence[Cells]) -> bytes:
        import pyarrow

        batch = _from_stream(self.batch)
        added = zip(*cells, strict=True) if cells else [()] * len(columns)
        arrays = [
            pyarrow.array(values, field.type)
            for values, field in zip(added, _fields(columns), strict=True)
        ]
        return _to_stream(
            pyarrow.RecordBatch.from_arrays(
                [*batch.columns, *arrays], schema=_with(batch.schema, columns)
            )
        )


@dataclass(frozen=True)
class Format:
    """How the rows of one file are read, and how an output like it begins and ends.

    Attributes:
        read: gives the blocks after so many rows, of at most so many rows each.
        head: what stands before the first block.
        finish: makes the output of all that was written, where it is not that itself.
    """

    read: Callable[[int, int], Iterator[Progress]]
    head: bytes = b""
    finish: Callable[[Path, Path], None] | None = None


def of(path: Path, output: Path, encoding: str, wanted: Wanted, added: Sequence[Column]) -> Format:
    """Find out how to read one file and to write another like it.

    Raises:
        DataError: nothing reads such a file, or the output is to be another format; or the header
            has not the wanted columns, or has one that is to be added.
    """
    kind = suffix(path)
    known = next((k for k in ((".csv",), (".tsv",), OBJECTS, (".parquet",)) if kind in k), ())
    if not known or (kind == ".parquet" and compressed(path)):
        raise DataError(
            f'{path}: cannot score a "{path.suffix}" file; .csv, .tsv, .jsonl, .ndjson (with or '
            "without .gz after it) and .parquet will do, and - for JSON lines on standard input."
        )
    if suffix(output) not in known or (kind == ".parquet" and compressed(output)):
        raise DataError(
            f"{output}: the output has the format of the input, {' or '.join(known)}"
            f"{'' if kind == '.parquet' else ' (with or without .gz)'}"
            f"{'; - writes JSON lines' if output == STANDARD_STREAM else ''}."
        )
    if kind == ".parquet":
        return _parquet(path, wanted, added)

    packed = compressed(output)
    if kind in OBJECTS:
        return Format(
            lambda skip, rows: _text_blocks(
                READERS[kind](path, encoding, wanted),
                lambda block: _ObjectBlock(block, packed),
                skip,
                rows,
            )
        )
    with closing((reading := READERS[kind](path, encoding, wanted)).lines):
        header = reading.header.rstrip("\r\n")
        line_end = reading.header[len(header) :] or "\n"
        delimiter = reading.delimiter
    names = _line([column.name for column in added], delimiter)
    return Format(
        lambda skip, rows: _text_blocks(
            READERS[kind](path, encoding, wanted),
            lambda block: _TableBlock(block, delimiter, line_end, packed),
            skip,
            rows,
        ),
        head=_pack(header + delimiter + names + line_end, packed),
    )


def _text_blocks(
    reading: Reading, block: Callable[[list[Row]], Block], skip: int, rows: int
) -> Iterator[Progress]:
    with closing(reading.lines):
        gathered: list[Row] = []
        characters = 0
        for number, row in enumerate(reading.rows):
            # The first row stands for a header, where the format has none.
            if number == 0 and isinstance(row.problem, MissingColumn):
                raise row.problem
            if number < skip:
                continue
            gathered.append(row)
            characters += len(row.written)
            if len(gathered) == rows or characters > _BLOCK_CHARACTERS:
                yield Progress(block(gathered), reading.lines.share_read())
                gathered, characters = [], 0
        if gathered:
            yield Progress(block(gathered), reading.lines.share_read())


def _parquet(path: Path, wanted: Wanted, added: Sequence[Column]) -> Format:
    with parquet.opened(path) as file:
        schema = file.schema_arrow
        (position,) = positions(str(path), schema.names, wanted)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    # The most of any row group: the rows of one may be longer than those of the others.
    row_bytes = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=0)
    fitting = max(1, int(_BLOCK_CHARACTERS / max(row_bytes, 1)))

    def read(skip: int, rows: int) -> Iterator[Progress]:
        with parquet.opened(path) as file:
            seen, total = 0, file.metadata.num_rows
            for batch in file.iter_batches(min(rows, fitting)):
                whole = batch.num_rows
                if seen + whole > skip:
                    batch = batch.slice(max(0, skip - seen))
                    first = seen + whole - batch.num_rows + 1
                    block = _ParquetBlock(path, first, batch.num_rows, position, _to_stream(batch))
                    yield Progress(block, (seen + whole) / total)
                seen += whole

    return Format(read, finish=lambda partial, output: _join(partial, output, _with(schema, added)))


def _join(partial: Path, output: Path, schema: "pyarrow.Schema") -> None:
    """Make Parquet of the Arrow streams that stand one after the other in a file."""
    import pyarrow
    import pyarrow.parquet

    with partial.open("rb") as file, pyarrow.parquet.ParquetWriter(output, schema) as writer:
        size = partial.stat().st_size
        group: list[pyarrow.RecordBatch] = []
        while file.tell() < size:
            with pyarrow.ipc.open_stream(file) as stream:
                group += stream
            if (
                sum(batch.num_rows for batch in group) >= _GROUP_ROWS
                or sum(batch.nbytes for batch in group) >= _GROUP_BYTES
            ):
                writer.write_table(pyarrow.Table.from_batches(group, schema))
                group = []
        if group:
            writer.write_table(pyarrow.Table.from_batches(group, schema))


def _fields(columns: Sequence[Column]) -> list["pyarrow.Field"]:
    import pyarrow

    types = {str: pyarrow.string(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    return [pyarrow.field(column.name, types[column.kind]) for column in columns]


def _with(schema: "pyarrow.Schema", columns: Sequence[Column]) -> "pyarrow.Schema":
    import pyarrow

    return pyarrow.schema([*schema, *_fields(columns)], schema.metadata)


def _to_stream(batch: "pyarrow.RecordBatch") -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _from_stream(written: bytes) -> "pyarrow.RecordBatch":
    import pyarrow

    with pyarrow.ipc.open_stream(written) as stream:
        return stream.read_next_batch()


def _pack(text: str, packed: bool) -> bytes:
    # Gzip files may stand one after the other in one file.
    data = text.encode()
    return gzip.compress(data, mtime=0) if packed else data


def _line(cells: Cells, delimiter: str) -> str:
    return delimiter.join([_cell(cell, delimiter) for cell in cells])


def _cell(value: str | float | bool | None, delimiter: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if delimiter in value or '"' in value or "\n" in value or "\r" in value:
        return '"' + value.replace('"', '""') + '"'
    return value
