"""Rows whose label is a number -> examples of a regression."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.rows.dataset import Examples, source_names, source_of
from training.rows.decoding import DataError
from training.rows.readers import Rows

# A split holds its share of this many parts of the values, from the lowest to the highest, as far
# as the rows are many enough for one part.
_STRATA = 5
_ROWS_OF_A_STRATUM = 20


@dataclass(frozen=True, eq=False)
class Valued(Examples):
    """n texts with a number each: `labels` is float64 (n,), and there are no label names."""

    def strata(self) -> tuple[NDArray[Any], list[str]]:
        """Parts of the values, by quantiles: int (n,), and the range of each."""
        parts = min(_STRATA, max(len(self) // _ROWS_OF_A_STRATUM, 1))
        ends = np.unique(np.quantile(self.labels, np.arange(1, parts) / parts)) if len(self) else []
        number, stratum = np.unique(np.searchsorted(ends, self.labels), return_inverse=True)
        return stratum, [
            "with a value from {:g} to {:g}".format(*_range(self.labels[stratum == part]))
            for part in range(len(number))
        ]

    def known_to(self, *label_names: Sequence[str]) -> NDArray[np.bool_]:
        """All of them: a regression knows every number."""
        return np.ones(len(self), bool)

    def labels_among(self, label_names: Sequence[str]) -> NDArray[Any]:
        """The values themselves: float64 (n,)."""
        return self.labels

    def described(self) -> str:
        """The range of the values and their mean."""
        if not len(self):
            return "no value"
        low, high = _range(self.labels)
        return f"{low:g} to {high:g}, {self.labels.mean():.4g} on average"

    def lost(self, kept: Examples, role: str) -> str | None:
        """Say whether no two values are left to learn from."""
        few = len(np.unique(kept.labels)) < 2
        return f"But for one value, all {len(self)} {role} texts stand" if few else None


def refusal(label: str) -> str | None:
    """Say why a label is not a number; None where it is."""
    if _is_number(label):
        return None
    decimals = _is_number(label.replace(",", ".", 1))
    hint = " Write its decimals behind a point." if decimals else ""
    return f'the label is "{label}", not a number; the task is "regression".{hint}'


def to_values(rows: Sequence[Rows]) -> Valued:
    """Join files into examples; each file is a source.

    Args:
        rows: labelled rows, one item for each file, whose labels are numbers.
    Raises:
        DataError: the rows all have one value.
    """
    paths = ", ".join(str(file.path) for file in rows)
    values = np.array([float(label) for file in rows for label in file.labels or ()])  # (n,)
    if len(np.unique(values)) < 2:
        found = f"all are {values[0]:g}" if len(values) else "there are none"
        raise DataError(f"{paths}: at least two different numbers are needed, and {found}.")
    return Valued(
        [text for file in rows for text in file.texts],
        values,
        source_of(rows),
        (),
        source_names(rows),
    )


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label)) and "_" not in label
    except ValueError:
        return False


def _range(values: NDArray[Any]) -> tuple[float, float]:
    return float(values.min()), float(values.max())
