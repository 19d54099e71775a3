"""Labelled rows that a saved model is measured on, each with the place it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.config import DataConfig
from training.rows.dataset import Examples, fingerprint
from training.rows.sources import read_file
from training.rows.targets import TARGETS

_EXCERPT = 160  # characters


@dataclass(frozen=True, eq=False)
class Labelled:
    """n rows. `others` holds further columns by name; `files` name, SHA-256, bytes and rows."""

    examples: Examples
    places: list[str]  # n, as "reviews.csv, line 18"
    others: dict[str, list[str]]  # each n
    files: list[dict[str, Any]]

    def take(self, mask: npt.NDArray[np.bool_]) -> "Labelled":
        """The rows where the mask (n,) is true."""

        def kept(values: list[str]) -> list[str]:
            return [value for value, keep in zip(values, mask, strict=True) if keep]

        others = {name: kept(values) for name, values in self.others.items()}
        return Labelled(self.examples.take(mask), kept(self.places), others, self.files)

    def excerpt(self, row: int) -> str:
        """The beginning of a row's text, on one line."""
        return one_line(self.examples.texts[row])


def read(
    config: DataConfig, paths: Sequence[Path], label_names: Sequence[str], others: Sequence[str]
) -> Labelled:
    """Read files by the configuration's task, columns, encoding and aliases.

    Args:
        label_names: the labels that the model knows.
        others: the names of further columns to keep.
    Raises:
        DataError: a file or a row cannot be used, or a label is not one of the model's.
    """
    rows = [read_file(config, path, others=others) for path in paths]
    return Labelled(
        TARGETS[config.task].examples(rows, label_names),
        [file.where(row) for file in rows for row in range(len(file.texts))],
        {name: [value for file in rows for value in file.others[name]] for name in others},
        [{**fingerprint(file.path), "rows": len(file.texts)} for file in rows],
    )


def one_line(text: str, characters: int = _EXCERPT) -> str:
    """The beginning of a text, without line breaks and what a terminal would obey."""
    line = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    return line if len(line) <= characters else f"{line[: characters - 1].rstrip()}…"
