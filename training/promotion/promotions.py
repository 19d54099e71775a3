"""A promotion, and its record.

`models/NAME/promotions.jsonl` holds a line for each promotion, beside `CURRENT`, and the version
that was promoted holds its own in `promotion.json`, so that it goes wherever the version is copied.
No file that a version's hashes cover is changed. A line names its version by the hash of that
version's `SHA256SUMS`, which holds the hashes of all its files. Its own last value is the hash of
the lines above and of itself, so a line that was changed or taken out from between shows.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training import files
from training.config import ConfigError

RECORD = "promotions.jsonl"
OF_VERSION = "promotion.json"


def promote(
    candidate: Path, model_directory: Path, record: Mapping[str, Any], *, instead_of: str
) -> Path:
    """Make a bundle the version that is served, and write down why.

    A bundle of another folder is copied in as the next version, verified, wholly or not at all.
    The record is written before `CURRENT`, so no version serves without one. Promotions of the same
    model wait for each other.

    Args:
        record: JSON values to keep with it.
        instead_of: the version that it was compared with.
    Returns:
        The directory of the version that is current now.
    Raises:
        BundleError: the bundle cannot be used.
        ConfigError: another version serves by now, the record was changed, or the folder cannot
            be written.
    """
    try:
        with _alone(model_directory):
            history = _history(model_directory)
            served = bundles.current(model_directory).name
            if served != instead_of:
                raise ConfigError(
                    f"{model_directory} serves {served} by now, and {candidate} was compared with "
                    f"{instead_of}: compare again."
                )
            if candidate.resolve().parent != model_directory.resolve():
                candidate = bundles.save(
                    bundles.load(candidate), model_directory, verify=Classifier.load
                )
            sums = (candidate / bundles.HASHES).read_bytes()
            line = {
                "version": candidate.name,
                "bundle_sha256": hashlib.sha256(sums).hexdigest(),
                "instead_of": instead_of,
                **record,
            }
            sealed = json.dumps(line | {"sha256": _seal(history, line)})
            files.write(candidate / OF_VERSION, f"{sealed}\n")
            files.write(model_directory / RECORD, f"{history}{sealed}\n")
            bundles.activate(model_directory, candidate.name)
    except OSError as error:
        raise ConfigError(f"{model_directory}: cannot be written: {error.strerror}") from None
    return model_directory / candidate.name


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the lock of a folder, which ends with the process at the latest."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _history(model_directory: Path) -> str:
    """The lines there are, each checked against its hash."""
    path = model_directory / RECORD
    try:
        history = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    above = ""
    for number, line in enumerate(history.splitlines(keepends=True), 1):
        try:
            entry = json.loads(line)
            intact = line.endswith("\n") and entry.pop("sha256") == _seal(above, entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            raise ConfigError(
                f"{path}, line {number}: it, or a line above it, is not what was written. Bring "
                "the file back from a copy, or move it away to begin a new record."
            )
        above += line
    return history


def _seal(above: str, line: Mapping[str, Any]) -> str:
    return hashlib.sha256((above + json.dumps(line)).encode()).hexdigest()
