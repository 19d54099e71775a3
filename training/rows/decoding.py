"""Files of text -> lines: compression, byte-order marks, encodings, and what is no text."""

import codecs
import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Self

from sentiment.errors import SentimentError

STANDARD_STREAM = Path("-")

# A longer line or cell is a file of another kind, or a quote that nothing closes: it is not
# gathered in memory to the end.
MAX_CHARACTERS = 2**24

# The longer marks first: UTF-32 (little-endian) begins with the mark of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class DataError(SentimentError):
    """The data cannot be used; the message names the file and the line."""

    code = "bad_data"


def compressed(path: Path) -> bool:
    """Whether the suffix says gzip."""
    return path.suffix.lower() == ".gz"


def suffix(path: Path) -> str:
    """The suffix that says what a file is, in lower case: `.csv` of `reviews.csv.gz` too."""
    if path == STANDARD_STREAM:
        return ".jsonl"
    return Path(path.stem if compressed(path) else path.name).suffix.lower()


def where(path: Path, line: int) -> str:
    """The place of a row, for messages: `reviews.csv, line 18`."""
    return f"{'standard input' if path == STANDARD_STREAM else path}, {unit(path)} {line}"


def unit(path: Path) -> str:
    """What the rows of a file are counted in."""
    return "row" if suffix(path) == ".parquet" else "line"


class Lines:
    """The lines of a file with their ends, as an iterator that keeps none of them.

    Bytes that are not of the encoding become lone surrogates, which `damage` finds.

    Attributes:
        encoding: the one in use; a byte-order mark overrules the one that was asked for.
        marked: whether there is such a mark.
        taken: the lines that were read since this list was last emptied.
    """

    def __init__(self, path: Path, encoding: str, *, newline: str = "") -> None:
        """Open a file, or standard input for `-`.

        Args:
            newline: "" where any line end counts, "\\n" where only that one does.
        Raises:
            DataError: it cannot be opened, or the encoding is not known.
        """
        self.path = path
        self.taken: list[str] = []
        self._back: list[str] = []
        self._read = 0
        try:
            standard = path == STANDARD_STREAM
            self._raw = open(0 if standard else path, "rb", closefd=not standard)
        except OSError as error:
            raise _unreadable(path, error) from error
        try:
            packed = gzip.GzipFile(fileobj=self._raw) if compressed(path) else self._raw
            file = io.BufferedReader(packed)  # type: ignore[arg-type]
            start = file.peek(4)
        except (OSError, EOFError, zlib.error) as error:
            self._raw.close()
            raise _unreadable(path, error) from error
        mark, self.encoding = next(
            (pair for pair in _BYTE_ORDER_MARKS if start.startswith(pair[0])), (b"", encoding)
        )
        self.marked = bool(mark)
        file.read(len(mark))
        try:
            self._text = io.TextIOWrapper(file, self.encoding, "surrogateescape", newline=newline)
        except LookupError as error:
            self._raw.close()
            raise DataError(f'{path}: cannot decode it as "{encoding}": {error}.') from error

    def close(self) -> None:
        self._text.close()
        self._raw.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self._back:
            line = self._back.pop()
        else:
            try:
                line = self._text.readline(MAX_CHARACTERS)
            except UnicodeError as error:
                raise DataError(
                    f"{where(self.path, self._read + 1)}: not valid {self.encoding} ({error})."
                ) from error
            except (OSError, EOFError, zlib.error) as error:
                raise _unreadable(self.path, error) from error
            if not line:
                raise StopIteration
            self._read += 1
            if len(line) == MAX_CHARACTERS and line[-1] not in "\r\n":
                raise DataError(
                    f"{where(self.path, self._read)}: longer than {MAX_CHARACTERS:,} characters; "
                    "a file of rows has line ends."
                )
        self.taken.append(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        """Have these lines read again."""
        self._back += reversed(lines)

    def share_read(self) -> float | None:
        """How much of the file was read, from 0 to 1; None of a stream."""
        size = os.fstat(self._raw.fileno()).st_size
        return self._raw.tell() / size if size and self._raw.seekable() else None

    def damage(self, line: int, written: str) -> DataError | None:
        """What keeps a row, which begins at this line, from being text; None where it is."""
        if not written.isascii():
            try:
                written.encode()
            except UnicodeEncodeError as error:
                before = written[: error.start]
                return DataError(
                    f"{where(self.path, line + _line_ends(before))}: not valid {self.encoding} "
                    f"(byte 0x{ord(written[error.start]) - 0xDC00:02x} after {before[-20:]!r}). "
                    "If the file is in another encoding, name it, for example --encoding cp1252."
                )
        if "\0" in written:
            line += _line_ends(written[: written.index("\0")])
            return DataError(
                f"{where(self.path, line)}: the text holds a NUL character. The file is damaged, "
                "or in UTF-16 without a byte-order mark: --encoding utf-16-le reads that."
            )
        return None


def repaired(written: str) -> str:
    """Put U+FFFD for the bytes that are not of the encoding."""
    return written.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _line_ends(written: str) -> int:
    return written.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.")
