"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from training.config import ConfigError


def replace(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Put a file in the place of `path` once all of it is on the disk.

    What is half-written has a name of its own beside it, and no failure and no interrupt leaves it
    there. Hence a function, and a name that is known before the file is: between the steps of a
    context manager, and within `mkstemp`, an interrupt finds nobody who would remove it.

    Args:
        fill: writes into the file.
    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:  # an interrupt too
        partial.unlink(missing_ok=True)
        raise


def write(path: Path, text: str) -> None:
    """Write a report by a rename over it.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        replace(path, lambda file: file.write(text.encode()))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from None
