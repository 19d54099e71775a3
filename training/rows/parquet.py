"""Parquet -> numbered rows, or whole batches of them, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.rows.decoding import DataError, where
from training.rows.formats import Row, Wanted, positions

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_BATCH = 1024  # rows that are decoded together where only some columns are read
_BUFFER = 2**20  # bytes of each column that are read ahead


@contextmanager
def opened(path: Path) -> Iterator["pyarrow.parquet.ParquetFile"]:
    """Open a file whose row groups are not read as wholes.

    Raises:
        DataError: it is no Parquet, there or in the middle.
    """
    import pyarrow  # here, because it takes a while and other formats do without
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            yield file
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file: {error}") from error


def read(path: Path, wanted: Wanted) -> Iterator[Row]:
    """Read the wanted columns alone.

    Raises:
        DataError: the file cannot be read, or has not the columns.
    """
    with opened(path) as file:
        positions(str(path), file.schema_arrow.names, wanted)
        names = list(wanted.columns.values())
        number = 0
        for batch in file.iter_batches(_BATCH, columns=names):
            columns = [values(batch.column(name)) for name in names]
            for cells in zip(*columns, strict=True):
                number += 1
                problem = next((cell for cell in cells if isinstance(cell, UnicodeError)), None)
                yield Row(number, list(cells), problem and not_unicode(path, number, problem))


def values(column: "pyarrow.Array") -> list[Any]:
    """The cells as Python's values; the error in the place of one that is not valid UTF-8."""
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return [_value(cell) for cell in column]


def not_unicode(path: Path, number: int, error: UnicodeError) -> DataError:
    """Say that a cell is not valid UTF-8."""
    return DataError(f"{where(path, number)}: a cell is not valid UTF-8: {error}.")


def _value(cell: "pyarrow.Scalar") -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError as error:
        return error
