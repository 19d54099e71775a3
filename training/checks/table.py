"""The rows of all files that are checked, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.checks.findings import Level, Place
from training.rows.dataset import label_order, normalise
from training.rows.readers import Problem, Rows

# What the rows of a file are for. Rows are kept in this order, so that training texts come first.
PARTS = ("train", "validation", "test", "taught", "unlabelled")
LABELLED = PARTS[:3]

NAMES = {
    "train": "training data",
    "validation": "validation data",
    "test": "test data",
    "taught": "texts of a teacher",
    "unlabelled": "unlabelled data",
}


@dataclass(frozen=True)
class File:
    """A file that was read: what its rows are for, and those of them that cannot be used."""

    part: str
    rows: Rows
    problems: list[Problem]

    @property
    def path(self) -> Path:
        return self.rows.path


class Table:
    """n rows of all files, and the g distinct texts among them.

    `texts` (n strings); `files`, `parts`, `lines`, `labels`, int (n,): the row's file and part by
    index, its line, and its label as an index into `label_names`, -1 where it has none.
    """

    # How bad it is where one text has labels that contradict each other, and what they are then.
    conflict: tuple[Level, str] = ("error", "with more than one label")

    def __init__(self, files: Sequence[File]) -> None:
        self.sources = sorted(files, key=lambda file: PARTS.index(file.part))
        sizes = [len(file.rows.texts) for file in self.sources]
        names = [name for file in self.sources for name in _labels(file)]
        self.texts = [text for file in self.sources for text in file.rows.texts]
        self.files = np.repeat(np.arange(len(sizes)), sizes)  # (n,)
        part = np.array([PARTS.index(file.part) for file in self.sources], int)
        self.parts = np.repeat(part, sizes)  # (n,)
        self.lines = np.array([line for file in self.sources for line in file.rows.lines], int)
        self.label_names = label_order(name for name in names if name is not None)
        index = {name: i for i, name in enumerate(self.label_names)}
        self.labels = np.array([index.get(name, -1) for name in names], int)  # (n,)

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """The number of each row's text, equal for texts that are the same: (n,), from 0 to g."""
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(normalise(t), len(numbers)) for t in self.texts], int)

    @cached_property
    def first(self) -> npt.NDArray[np.int64]:
        """The first row of each distinct text in each part, -1 where there is none: (g, parts)."""
        found = np.full((self.groups.max(initial=-1) + 1, len(PARTS)), -1)
        backwards = slice(None, None, -1)  # of several rows, the assignment of the last one stays
        rows = np.arange(len(self))[backwards]
        found[self.groups[backwards], self.parts[backwards]] = rows
        return found

    def rows_of(self, part: str) -> npt.NDArray[np.int64]:
        """The rows of a part, by index."""
        return np.flatnonzero(self.parts == PARTS.index(part))

    def counts(self, part: str) -> npt.NDArray[np.int64]:
        """How many rows of a part have each label: (C,)."""
        labels = self.labels[self.rows_of(part)]
        return np.bincount(labels[labels >= 0], minlength=len(self.label_names))

    def contradict(
        self, ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Whether the labels of two rows say different things: bool (m,)."""
        return self.labels[ours] != self.labels[theirs]

    def contradictory(self) -> npt.NDArray[np.int64]:
        """The groups of equal texts whose labels contradict each other."""
        rows = np.flatnonzero(self.labels >= 0)
        rows = rows[np.lexsort([self.labels[rows], self.groups[rows]])]
        low = rows[np.unique(self.groups[rows], return_index=True)[1]]  # its lowest label's row
        high = rows[len(rows) - 1 - np.unique(self.groups[rows][::-1], return_index=True)[1]]
        return self.groups[low[self.contradict(low, high)]]

    def by_file(self, rows: npt.NDArray[np.int64]) -> str:
        """How many of some rows each file has, as `a.csv 12, b.csv 1`."""
        counts = np.bincount(self.files[rows], minlength=len(self.sources)).tolist()
        pairs = zip(self.sources, counts, strict=True)
        return ", ".join(f"{file.path.name} {rows:,}" for file, rows in pairs if rows)

    def sample(self, part: str, rows: int) -> list[str]:
        """At most so many texts of a part, chosen at random but always the same ones."""
        found = self.rows_of(part)
        if len(found) > rows:
            found = np.sort(np.random.default_rng(0).choice(found, rows, replace=False))
        return [self.texts[row] for row in found]

    def place(self, row: int, *, with_label: bool = False) -> Place:
        """Where a row stands."""
        label = self.label_names[self.labels[row]] if with_label and self.labels[row] >= 0 else None
        return Place(self.sources[self.files[row]].path, int(self.lines[row]), label)


def _labels(file: File) -> Sequence[str | None]:
    return file.rows.labels or [None] * len(file.rows.texts)
