"""One file from the web: bounded in size, and resumed where it broke off."""

import fcntl
import http.client
import logging
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from sentiment.errors import SentimentError

logger = logging.getLogger(__name__)

_CHUNK = 1 << 16  # bytes
_TRIES = 3  # in a row that bring nothing new
_RANGE = re.compile(r"bytes (?:(?P<start>\d+)-\d+|\*)/(?P<total>\d+|\*)")


class DownloadError(SentimentError):
    """A file cannot be fetched; the message names its address."""

    code = "download_failed"


def download(url: str, path: Path, *, most: int, timeout: float = 30, wait: float = 1) -> None:
    """Fetch a file, and let it appear whole or not at all.

    What came before a break is kept beside `path`, in `NAME.part`, and the next call goes on from
    there (RFC 9110: Range, with If-Range so that parts of two versions never meet). A break in the
    middle is tried again at once, until three tries in a row brought nothing new; an address that
    does not answer is told.

    Args:
        most: bytes; a longer file is refused.
        timeout: seconds that the server may be silent.
        wait: seconds before the second try; twice as many before each further one.
    Raises:
        DownloadError: the address, the connection or the disk would not do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _Part(path) as part:
            _complete(url, part, most, timeout, wait)
            part.finish(path)
    except OSError as error:
        place = error.filename or path
        raise DownloadError(f"{place}: cannot be written: {error.strerror or error}.") from error


def kept(path: Path) -> int:
    """The bytes that have come of a file so far, for a later call to go on from."""
    part = _part_of(path)
    return part.stat().st_size if part.exists() else 0


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


class _Part:
    """What has come of a file so far, and which version of the file it is of."""

    def __init__(self, path: Path) -> None:
        self._path = _part_of(path)
        self._version = path.with_name(f"{path.name}.version")
        self._file: BinaryIO

    def __enter__(self) -> "_Part":
        self._file = self._path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise DownloadError(f"{self._path}: another run is writing this file.") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._path.exists() and not self._path.stat().st_size:
            self.remove()

    @property
    def size(self) -> int:
        """The bytes that are there."""
        return self._file.tell()

    @property
    def version(self) -> str:
        """The server's name of the version: an entity tag or a date; empty if it gave none."""
        return self._version.read_text(encoding="utf-8") if self._version.exists() else ""

    def restart(self, version: str) -> None:
        """Throw away what is there, and begin with a version."""
        self._file.truncate(0)
        self._file.seek(0)
        self._version.write_text(version, encoding="utf-8")

    def append(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self._version.unlink(missing_ok=True)

    def finish(self, path: Path) -> None:
        """Let the part be the whole file."""
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(self._path, path)
        self._version.unlink(missing_ok=True)


def _complete(url: str, part: _Part, most: int, timeout: float, wait: float) -> None:
    """Ask for what is missing until nothing is."""
    furthest, fruitless = part.size, 0
    while True:
        try:
            _go_on(url, part, most, timeout)
            return
        except KeyboardInterrupt:
            logger.info("%s: the next time goes on after %s", url, _bytes(part.size))
            raise
        except _Broken as error:
            fruitless = 0 if part.size > furthest else fruitless + 1
            furthest = max(furthest, part.size)
            if fruitless == _TRIES:
                raise DownloadError(
                    f"{url}: {error}, {_TRIES} times without getting any further. "
                    f"{_bytes(part.size)} are kept; the same command goes on from there."
                ) from error
            logger.warning("%s: %s; trying again", url, error)
            time.sleep(wait * 2**fruitless)


class _Broken(Exception):
    """The connection ended before the file did."""


def _go_on(url: str, part: _Part, most: int, timeout: float) -> None:
    """Ask once for what is missing, and take what comes."""
    with _answer(url, part, timeout) as (response, total):
        if response is None:
            return  # nothing is missing
        if total is not None and total > most:
            part.remove()
            raise DownloadError(f"{url}: has {_bytes(total)}; no more than {_bytes(most)} are due.")
        with tqdm(
            total=total,
            initial=part.size,
            unit="B",
            unit_scale=True,
            desc=url.rpartition("/")[2],
            disable=None,
        ) as bar:
            for chunk in _chunks(response):
                if part.size + len(chunk) > most:
                    part.remove()
                    raise DownloadError(f"{url}: goes on beyond the {_bytes(most)} that are due.")
                part.append(chunk)
                bar.update(len(chunk))
    if total is not None and part.size < total:
        raise _Broken(f"the connection ended after {_bytes(part.size)} of {_bytes(total)}")


@contextmanager
def _answer(
    url: str, part: _Part, timeout: float
) -> Iterator[tuple[http.client.HTTPResponse | None, int | None]]:
    """Ask for what is missing: the response, placed where the part ends, and the whole's size.

    The response is None where nothing is missing. A part that the server cannot go on with (it
    names no version, knows no ranges, or has another version now) is emptied, and the response is
    the whole file.
    """
    headers = {"User-Agent": "sentiment-training", "Accept-Encoding": "identity"}
    if part.size and part.version:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.version}
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout
        )
    except urllib.error.HTTPError as error:
        found = _RANGE.fullmatch(error.headers.get("Content-Range", ""))
        error.close()
        if error.code != 416:
            raise DownloadError(
                f"{url}: the server answered {error.code} {error.reason}."
            ) from error
        if found and found["total"] == str(part.size):
            yield None, part.size
            return
        part.restart("")  # it is of another version of the file
        raise _Broken("the server has another version of the file now") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(f"{url}: cannot be reached: {reason}.") from error
    with response:
        if response.status == 206:
            found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not found or found["start"] != str(part.size):
                raise DownloadError(f"{url}: the server answered with another part than was asked.")
        else:
            part.restart(_version(response))
        yield response, _total(response)


def _total(response: http.client.HTTPResponse) -> int | None:
    """The size of the whole file, if the answer says it."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    size = found["total"] if found else response.headers.get("Content-Length", "")
    return int(size) if size.isdecimal() else None


def _version(response: http.client.HTTPResponse) -> str:
    """What If-Range may ask for: a strong entity tag, or else the date of the last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(_CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        cause = str(error) or type(error).__name__
        raise _Broken(f"the connection broke ({cause})") from error


def _bytes(number: int) -> str:
    return f"{number:,} bytes"
