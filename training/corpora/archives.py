"""Members of an archive, read one by one into memory: none is written, so none can be misplaced."""

import gzip
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import SentimentError

MOST = 1 << 30  # bytes that an archive may unpack to; imdb, the largest here, has under 500 MB
MOST_OF_ONE = 1 << 25  # bytes of a member


class ArchiveError(SentimentError):
    """An archive is damaged, or larger than any that is expected."""

    code = "bad_archive"


def tar_members(
    path: Path, wanted: re.Pattern[str], *, most: int = MOST
) -> Iterator[tuple[re.Match[str], bytes]]:
    """Yield the regular files of a .tar.gz whose whole name fits, in one pass, as they come.

    Args:
        most: bytes that the archive may unpack to, unwanted members included.
    Raises:
        ArchiveError: the archive is damaged or too large.
    """
    try:
        with (
            gzip.open(path) as unpacked,
            tarfile.open(fileobj=_Bounded(unpacked, most), mode="r|") as tar,
        ):
            for member in tar:
                found = wanted.fullmatch(member.name)
                if found and member.isreg():
                    _check_size(member.name, member.size)
                    file = tar.extractfile(member)
                    yield found, file.read() if file else b""
    except _TooLarge as error:
        raise ArchiveError(f"{path}: {error}.") from error
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ArchiveError(f"{path}: not a readable .tar.gz archive: {error}.") from error


def zip_members(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[re.Match[str], bytes]]:
    """Yield the files of a .zip whose whole name fits.

    Raises:
        ArchiveError: the archive is damaged, or a file in it too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if found := wanted.fullmatch(member.filename):
                    _check_size(member.filename, member.file_size)
                    yield found, archive.read(member)  # it reads no more than it declares
    except _TooLarge as error:
        raise ArchiveError(f"{path}: {error}.") from error
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise ArchiveError(f"{path}: not a readable .zip archive: {error}.") from error


class _TooLarge(Exception):
    """More bytes than are read into memory."""


class _Bounded:
    """An unpacking file that ends at a number of bytes: a small one can unpack to terabytes."""

    def __init__(self, file: gzip.GzipFile, most: int) -> None:
        self._file, self._most = file, most

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if self._file.tell() > self._most:
            raise _TooLarge(f"it unpacks to more than {self._most:,} bytes")
        return data


def _check_size(name: str, size: int) -> None:
    if size > MOST_OF_ONE:
        raise _TooLarge(f"{name} has {size:,} bytes; no more than {MOST_OF_ONE:,} are read")
