"""The folder outside the checkout that keeps public data sets, and what is where in it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sentiment.errors import SentimentError
from training.corpora.catalogue import Corpus, Remote
from training.corpora.download import kept


class CacheError(SentimentError):
    """The cache cannot be read or written."""

    code = "cache_unusable"


@dataclass(frozen=True)
class Cache:
    """The folder that keeps data sets: what was downloaded, its checksums, what was made of it."""

    folder: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Cache":
        """The one of $SENTIMENT_CACHE, or else `sentiment` in the user's cache.

        The user's cache is $XDG_CACHE_HOME where that is an absolute path, or ~/.cache (XDG Base
        Directory Specification).
        """
        if chosen := environ.get("SENTIMENT_CACHE"):
            return cls(Path(chosen).expanduser().absolute())
        users = Path(environ.get("XDG_CACHE_HOME", ""))
        return cls((users if users.is_absolute() else Path.home() / ".cache") / "sentiment")

    @property
    def data(self) -> Path:
        """The Parquet files, a folder for `fit --data`."""
        return self.folder / "data"

    def parquet(self, name: str) -> Path:
        return self.data / f"{name}.parquet"

    def download(self, corpus: Corpus, remote: Remote) -> Path:
        """The place of a published file; one that was put there by hand will do as well."""
        return self.folder / "downloads" / corpus.name / remote.name

    def has(self, corpus: Corpus) -> bool:
        """Whether all files of a data set are there."""
        return all(self.parquet(name).exists() for name in corpus.files)

    def downloaded(self, corpus: Corpus) -> int:
        """The bytes of a data set that have come so far."""
        paths = [self.download(corpus, remote) for remote in corpus.remotes]
        return sum(path.stat().st_size if path.exists() else kept(path) for path in paths)

    @property
    def _checksums(self) -> Path:
        return self.folder / "downloads" / "checksums.json"

    def recorded(self) -> dict[str, str]:
        """The SHA-256 of files with none published, by address, as they first came."""
        try:
            return json.loads(self._checksums.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise CacheError(
                f"{self._checksums}: cannot be read: {error}. Delete it to trust what comes next."
            ) from error

    def record(self, url: str, checksum: str) -> None:
        """Ask for this checksum whenever the address is fetched again."""
        written = json.dumps({**self.recorded(), url: checksum}, indent=2) + "\n"
        partial = self._checksums.with_suffix(".writing")
        partial.write_text(written, encoding="utf-8")
        os.replace(partial, self._checksums)
