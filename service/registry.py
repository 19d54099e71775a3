"""Which version of the model serves: the one that `CURRENT` names, once it is shown to be good."""

import atexit
import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from sentiment import bundle as bundles
from sentiment import memory
from sentiment.classifier import Classifier
from sentiment.errors import BundleError, SentimentError

logger = logging.getLogger(__name__)

# When a file was last written, as far as its folder tells: inode, time in ns, bytes.
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A version that `CURRENT` names and that does not serve. `code` and `message` say why."""

    version: str | None
    code: str
    message: str
    time: str


@dataclass(frozen=True, slots=True)
class State:
    """What a process serves; it is replaced as a whole, so a request sees one or the other.

    Args:
        classifier: what serves, or None where no version can be served.
        loading: the version that is being verified now.
        refusal: what came of the last write of `CURRENT`, where it could not be followed.
    """

    classifier: Classifier | None = None
    loading: str | None = None
    refusal: Refusal | None = None


class Figures(Protocol):
    """Who counts what a registry does."""

    def serving(self, model: str, version: str) -> None:
        """This version serves from now on."""

    def refused(self) -> None:
        """A version that `CURRENT` names was refused."""


class Registry:
    """One model's versions, as one process sees them.

    Every write of `CURRENT` is an order to load the version it names, also the one that serves or
    one that was refused before. It is verified beside the one that serves, and takes over only
    when it is found good.
    """

    def __init__(
        self, model_directory: Path, built_in: Path | None = None, *, figures: Figures | None = None
    ) -> None:
        """A registry that serves nothing until its first `refresh`.

        Args:
            model_directory: of the model's versions.
            built_in: another of that name, until the first holds a version; from then on it is
                out of the game, so that a volume that is lost does not change what serves.
            figures: who counts.
        """
        self._told = model_directory
        self._built_in = built_in
        self.name = model_directory.name
        self.state = State()
        self._figures = figures
        self._followed: Stamp | Literal["nothing yet"] | None = "nothing yet"
        self._stopping = threading.Event()

    @property
    def model_directory(self) -> Path:
        """Where the versions are that can be served now."""
        return self._built_in or self._told

    def serve(self, classifier: Classifier | None, refusal: Refusal | None = None) -> None:
        """Answer the next request with `classifier`."""
        replaced, self.state = self.state.classifier, State(classifier, refusal=refusal)
        if classifier and classifier is not replaced:
            if self._figures:
                self._figures.serving(classifier.name, classifier.version)
            logger.info("Version %s of %s serves", classifier.version, classifier.name)
        if refusal and self._figures:
            self._figures.refused()
        if refusal and classifier:
            logger.error("What CURRENT names is refused; version %s serves", classifier.version)
        elif refusal:
            logger.critical("No version of %s can be served; every answer is 503", self.name)

    def refresh(self) -> None:
        """Follow `CURRENT` if it was written since the last call.

        Where its version is not good, the one that serves goes on serving. Where none serves, the
        one before it takes its place, or else the newest that is good.
        """
        if self._built_in and bundles.versions(self._told):
            self._built_in = None
        stamp = _stamp(self.model_directory / bundles.CURRENT)
        if stamp == self._followed:
            return
        self._followed = stamp
        if self._built_in:
            logger.warning("No version is in %s: the built-in %s is taken", self._told, self.name)
        classifier, refusal = self._load()
        if refusal:
            classifier = self.state.classifier or self._fall_back(refusal)
        self.serve(classifier, refusal)
        memory.give_back()

    def watch(self, seconds: float) -> None:
        """Follow `CURRENT` from now on, in a thread that looks at it every so many seconds."""
        self._watcher = threading.Thread(
            target=self._watch, args=(seconds,), name="watch-CURRENT", daemon=True
        )
        self._watcher.start()
        # A daemon thread that the end of the process finds in native code could abort it.
        atexit.register(self.stop)

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()
        self._watcher.join()

    def _watch(self, seconds: float) -> None:
        while not self._stopping.wait(seconds):
            try:
                self.refresh()
            except Exception:  # the next write of CURRENT must still be seen
                logger.exception("Following CURRENT failed")

    def _load(self, directory: Path | None = None) -> tuple[Classifier | None, Refusal | None]:
        """Load and verify what is in `directory`, or else what `CURRENT` names.

        Returns:
            The classifier, or why there is none.
        """
        try:
            directory = directory or bundles.current(self.model_directory)
            self.state = replace(self.state, loading=directory.name)
            return Classifier.load(directory), None
        except Exception as error:  # whatever a file does to a library, the service goes on
            expected = isinstance(error, SentimentError)
            logger.error("A version is refused: %s", error, exc_info=None if expected else error)
            return None, Refusal(
                version=directory.name if directory else None,
                code=error.code if isinstance(error, SentimentError) else BundleError.code,
                message=self.without_path(str(error)),
                time=datetime.now(UTC).isoformat(timespec="seconds"),
            )

    def _fall_back(self, refusal: Refusal) -> Classifier | None:
        """Load the version before the refused one, or else the newest other that is good."""
        known = bundles.versions(self.model_directory)
        previous = bundles.previous(self.model_directory)
        ranked = sorted(reversed(known), key=lambda version: version != previous)
        for version in ranked:
            if version != refusal.version:
                classifier, _ = self._load(self.model_directory / version)
                if classifier:
                    return classifier
        return None

    def without_path(self, message: str) -> str:
        """Where the models lie is for the log, and not for clients."""
        return message.replace(f"{self.model_directory.parent}/", "")


def _stamp(path: Path) -> Stamp | None:
    """When a file was last written; None where there is none to be read."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
