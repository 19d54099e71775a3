"""Switching a model to another version, and back: verified first, then written to `CURRENT`."""

from pathlib import Path

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import BundleMissing


def activate(model_directory: Path, version: str) -> None:
    """Make a version the one that is served, if it is one that can be.

    Raises:
        BundleError: there is no such version, it is damaged, or it gives other answers than it
            gave in training. `CURRENT` stays as it is.
        OSError: `CURRENT` cannot be written.
    """
    Classifier.load(bundles.find(model_directory, version))
    bundles.activate(model_directory, version)


def last(model_directory: Path) -> str:
    """Return the version to roll back to: the one that was active before.

    Raises:
        BundleMissing: there was none before.
    """
    version = bundles.previous(model_directory)
    if version is None:
        known = ", ".join(bundles.versions(model_directory)) or "none"
        raise BundleMissing(
            f"{model_directory} has no version to roll back to: no other was activated before."
            f" It has {known}; activate one by its name."
        )
    return version
