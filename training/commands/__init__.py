"""The commands of `python -m training`, a module each: its options, and what it runs.

A command imports what it needs when it runs, so that `--help` and a mistyped option wait for no
TensorFlow.
"""

import argparse
import math
from pathlib import Path


def bundle(path: Path) -> Path:
    """Take `models/NAME` as its current version, and a version as itself.

    Raises:
        BundleError: there is no current version.
    """
    from sentiment import bundle

    return path if (path / bundle.MANIFEST).exists() else bundle.current(path)


def folder(text: str) -> Path:
    """Read an option's folder.

    Raises:
        argparse.ArgumentTypeError: it is none. The name of a file that follows a list of folders
            would be taken for one more of them, and the file for none.
    """
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no folder; the files to read are named before it"
        )
    return path


def minutes(text: str) -> float:
    """Read an option's minutes, 0 or more.

    Raises:
        argparse.ArgumentTypeError: it is no such number.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected minutes, 0 or more, received {text!r}")
    return value
