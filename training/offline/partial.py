"""An output that grows by whole blocks beside its final name, and that can be gone on with."""

import fcntl
import json
import os
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from io import BufferedRandom
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError


class OutputError(SentimentError):
    """The output cannot be written, or an interrupted one cannot be gone on with."""

    code = "bad_output"


class Partial:
    """`OUTPUT.partial`, and `OUTPUT.partial.journal`, which names its blocks.

    The journal's first line says what the output is made of, and each line after it describes one
    block: its rows, bytes and checksum, and what was wrong with rows of it, counted. A block whose
    line is not whole, or whose bytes are not what the line says, is written again.

    Attributes:
        rows: of the blocks that are written.
        bad: rows of those that have no answer, by the code of the error.
    """

    def __init__(self, output: Path, origin: Mapping[str, Any], *, resume: bool) -> None:
        """Begin, or go on after the last whole block.

        Args:
            origin: what the output is made of, as JSON; another one cannot go on with it.
        Raises:
            OutputError: there is an interrupted output and it is not to be gone on with, or was
                made of something else, or another process is writing it.
        """
        self.output = output
        self.path = output.with_name(output.name + ".partial")
        self._journal_path = output.with_name(output.name + ".partial.journal")
        self.rows = 0
        self.bad: Counter[str] = Counter()
        with ExitStack() as on_failure:
            self._begin(origin, resume, on_failure)
            on_failure.pop_all()

    def _begin(self, origin: Mapping[str, Any], resume: bool, on_failure: ExitStack) -> None:
        try:
            known = self._journal_path.exists()
            if known and not resume:
                raise OutputError(
                    f"{self.path}: an interrupted run left this. Go on with it by --resume, or "
                    f"remove it and {self._journal_path.name}."
                )
            self._data = on_failure.enter_context(_open(self.path))
            self._journal = on_failure.enter_context(_open(self._journal_path))
            self._lock()
            if known:
                self._go_on(dict(origin))
            else:
                self._data.truncate(0)
            if self._journal.tell() == 0:
                self._journal.write(json.dumps(origin).encode() + b"\n")
                self._journal.flush()
        except OSError as error:
            raise self._failed(error) from error

    @property
    def empty(self) -> bool:
        """Whether nothing is written yet."""
        return self._data.tell() == 0

    def add(self, data: bytes, rows: int, bad: Mapping[str, int]) -> None:
        """Write one more block.

        Raises:
            OutputError: the disk will not take it.
        """
        entry = {"rows": rows, "bytes": len(data), "crc32": zlib.crc32(data), "bad": dict(bad)}
        try:
            self._data.write(data)
            self._data.flush()
            self._journal.write(json.dumps(entry).encode() + b"\n")
            self._journal.flush()
        except OSError as error:
            raise self._failed(error) from error
        self.rows += rows
        self.bad.update(bad)

    def finish(self, convert: Callable[[Path, Path], None] | None) -> None:
        """Give the output its name, when it is on the disk as a whole.

        Args:
            convert: writes the output, the second path, of all blocks, where these are not the
                output themselves.
        Raises:
            OutputError: the disk will not take it.
        """
        whole = self.path
        try:
            if convert:
                whole = self.output.with_name(self.output.name + ".partial.whole")
                convert(self.path, whole)
            with whole.open("rb") as file:
                os.fsync(file.fileno())
            whole.replace(self.output)
            self._journal_path.unlink()
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """End the writing; an output without any row is not kept."""
        self._data.close()
        if self.rows == 0:
            self._journal_path.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
        self._journal.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"{self.path}: another process is writing it.") from None

    def _go_on(self, origin: dict[str, Any]) -> None:
        """Read up to the end of the last whole block, and cut off what is after it."""
        first = self._journal.readline()
        if first.endswith(b"\n"):
            before = json.loads(first)
            changed = [name for name in origin if before.get(name) != origin[name]]
            if changed:
                raise OutputError(
                    f"{self.path}: cannot be gone on with, since it was begun with "
                    + ", ".join(f"{name} {before.get(name)!r}" for name in changed)
                    + " and now it is "
                    + ", ".join(f"{origin[name]!r}" for name in changed)
                    + f". Remove it and {self._journal_path.name} to begin anew."
                )
        whole, data_end = (len(first) if first.endswith(b"\n") else 0), 0
        for line in self._journal:
            try:
                entry = json.loads(line)
            except ValueError:
                break
            data = self._data.read(entry["bytes"])
            if len(data) != entry["bytes"] or zlib.crc32(data) != entry["crc32"]:
                break
            whole, data_end = whole + len(line), data_end + len(data)
            self.rows += entry["rows"]
            self.bad.update(entry["bad"])
        for file, end in ((self._journal, whole), (self._data, data_end)):
            file.seek(end)
            file.truncate()

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.output}: cannot be written: {error.strerror or error}. What is written of it "
            "is kept for --resume."
        )


def _open(path: Path) -> BufferedRandom:
    """Open to read and write, whether it is there or not."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")


class Stream:
    """Standard output, which nothing can be taken back from and nothing goes on with."""

    def __init__(self) -> None:
        self.rows = 0
        self.bad: Counter[str] = Counter()
        self.empty = True
        self._data = open(1, "wb", buffering=0, closefd=False)

    def add(self, data: bytes, rows: int, bad: Mapping[str, int]) -> None:
        """Write one more block.

        Raises:
            OutputError: nobody reads it any more.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._data.write(rest) :]
        except OSError as error:
            raise OutputError(
                f"standard output: cannot be written: {error.strerror or error}."
            ) from error
        self.rows += rows
        self.bad.update(bad)

    def finish(self, convert: Callable[[Path, Path], None] | None) -> None:
        """All is written."""

    def close(self) -> None:
        self._data.close()
