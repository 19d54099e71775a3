"""A data set from its published addresses to Parquet files in the cache."""

import logging
import os
from pathlib import Path

import pyarrow
import pyarrow.parquet

from sentiment.errors import SentimentError
from training.corpora.cache import Cache, CacheError
from training.corpora.catalogue import Corpus, Remote
from training.corpora.convert import CONVERTERS, ContentError, Tables
from training.corpora.download import DownloadError, download
from training.rows.dataset import fingerprint

logger = logging.getLogger(__name__)

_MOST = 1 << 28  # bytes of a file whose size is not published


class ChecksumMismatch(SentimentError):
    """A file is not the one that was published, or not the one that was fetched before."""

    code = "wrong_checksum"


def fetch(corpus: Corpus, cache: Cache) -> None:
    """Download what is missing of a data set, check it, and write its Parquet files.

    Raises:
        DownloadError: a file cannot be fetched; the message says where to put it by hand.
        ChecksumMismatch: a file is another than is expected; it is removed.
        ArchiveError, ContentError: the files do not hold what they should.
        CacheError: the cache cannot be read or written.
    """
    recorded = cache.recorded()
    paths: dict[str, Path] = {}
    met: dict[str, tuple[Path, str]] = {}  # files that no checksum is known of
    for remote in corpus.remotes:
        path = paths[remote.name] = cache.download(corpus, remote)
        if not path.exists():
            _download(remote, path)
        expected = remote.sha256 or recorded.get(remote.url)
        checksum = _verified(remote, path, expected)
        if expected is None:
            met[remote.url] = path, checksum
    logger.info("%s: writing Parquet files", corpus.name)
    try:
        tables = CONVERTERS[corpus.name](paths)
        _check_rows(corpus, tables)
    except SentimentError:
        for path, _ in met.values():
            path.unlink()  # what came was something else, such as a page that says so
        raise
    try:
        _write(corpus, tables, cache)
        for url, (_, checksum) in met.items():
            cache.record(url, checksum)
            logger.info("%s: recorded its SHA-256, %s; none is published", url, checksum)
    except OSError as error:
        raise CacheError(f"{cache.folder}: cannot be written: {error}.") from error


def _download(remote: Remote, path: Path) -> None:
    logger.info("downloading %s", remote.url)
    try:
        download(remote.url, path, most=remote.size or _MOST)
    except DownloadError as error:
        raise DownloadError(
            f"{error}\nIf you get the file in another way, put it at {path} and run this again."
        ) from error


def _verified(remote: Remote, path: Path, expected: str | None) -> str:
    """The checksum of a file, if it is the expected one or none is."""
    received = str(fingerprint(path)["sha256"])
    if expected and received != expected:
        path.unlink()
        origin = "published" if remote.sha256 else "recorded when it was first fetched"
        raise ChecksumMismatch(
            f"{path}: received a file with SHA-256 {received}; expected {expected}, {origin}. "
            f"It was removed. Either something on the way from {remote.url} changes it, or another "
            "file is published there now."
        )
    return received


def _check_rows(corpus: Corpus, tables: Tables) -> None:
    for name, published in corpus.files.items():
        rows = len(tables[name]["text"]) if name in tables else 0
        if not rows or rows != (published or rows):
            raise ContentError(
                f"{corpus.name}: {rows:,} rows were found for {name}; there should be "
                f"{f'{published:,}' if published else 'some'}."
            )


def _write(corpus: Corpus, tables: Tables, cache: Cache) -> None:
    """Write all files, and then let them appear."""
    cache.data.mkdir(parents=True, exist_ok=True)
    about = {
        "source": " ".join(remote.url for remote in corpus.remotes),
        "terms": corpus.terms,
        "citation": corpus.citation,
    }
    partial = {name: cache.data / f".{name}.parquet" for name in corpus.files}
    try:
        for name, path in partial.items():
            table = pyarrow.table(tables[name]).replace_schema_metadata(about)
            pyarrow.parquet.write_table(table, path, compression="zstd")
        for name, path in partial.items():
            os.replace(path, cache.parquet(name))
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
