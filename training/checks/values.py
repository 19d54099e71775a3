"""Rows whose label is a number: how the numbers are spread, and which are unlikely."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.checks.findings import SHOWN, Example, Finding, number
from training.checks.table import LABELLED, NAMES, File, Table

_FEW_ROWS = 50
_BINS = 10
_BAR = 40  # characters of the longest bar

# Further from the mean than this many standard deviations a value is rather a slip: of a normal
# distribution one in 1.7 million is.
_FAR = 5


class ValueTable(Table):
    """The same for a regression: two values contradict each other beyond a standard deviation.

    `values`, float (n,), is NaN where a row has no label.
    """

    conflict = ("warning", "with values more than a standard deviation apart")

    def __init__(self, files: Sequence[File]) -> None:
        super().__init__(files)
        numbers = np.array([*map(float, self.label_names), np.nan])  # the last for -1
        self.values = numbers[self.labels]

    def values_of(self, part: str) -> npt.NDArray[np.float64]:
        """The values of a part's rows."""
        values = self.values[self.rows_of(part)]
        return values[~np.isnan(values)]

    def contradict(
        self, ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Whether two rows' values are more than a standard deviation of all apart: bool (m,)."""
        return np.abs(self.values[ours] - self.values[theirs]) > np.nanstd(self.values)


def check(table: ValueTable) -> Iterator[Finding]:
    """Find what is wrong with the numbers of the training, validation and test data."""
    trained = table.values_of("train")
    if not len(trained):
        return
    if len(np.unique(trained)) == 1:
        yield Finding(
            "error",
            "one_value",
            f"all training rows have one value ({trained[0]:g})",
            1,
            mend="Add rows of other values, or name another --label-column.",
        )
        return
    if len(trained) < _FEW_ROWS:
        yield Finding(
            "warning",
            "few_rows",
            f"the training data have {number(len(trained), 'row')}",
            len(trained),
            mend=f"Add more: under {_FEW_ROWS} teach little.",
        )
    away = np.abs(table.values - trained.mean()) > _FAR * trained.std()
    if away.any():
        yield _found(
            table,
            np.flatnonzero(away),
            "outliers",
            f"{number(int(away.sum()), 'value')} more than {_FAR} standard deviations from the "
            f"training data's mean ({trained.mean():.4g})",
            "Look at them: each weighs by the square of its error.",
        )
    for part in LABELLED[1:]:
        rows = table.rows_of(part)
        beyond = (table.values[rows] < trained.min()) | (table.values[rows] > trained.max())
        if beyond.any():
            yield _found(
                table,
                rows[beyond],
                "unseen_values",
                f"{number(int(beyond.sum()), 'value')} of the {NAMES[part]} beyond those of the "
                f"training data ({trained.min():g} to {trained.max():g})",
                "Add training rows of such values: a model rarely says what it never saw.",
            )


def described(table: ValueTable) -> dict[str, Any]:
    """Return how the values of each part are spread, by its name."""
    return {part: _spread(values) for part in LABELLED if len(values := table.values_of(part))}


def lines(table: ValueTable) -> Iterator[str]:
    """Draw how the values of each part are spread."""
    for part, spread in described(table).items():
        yield (
            f"Values of the {NAMES[part]}: {spread['mean']:.4g} on average, standard deviation "
            f"{spread['deviation']:.4g}, median {spread['median']:g}"
        )
        yield ""
        counts = spread["histogram"]["counts"]
        ends = zip(spread["histogram"]["edges"], spread["histogram"]["edges"][1:], strict=False)
        for (low, high), count in zip(ends, counts, strict=True):
            bar = "█" * round(count / max(counts) * _BAR)
            yield f"{f'{low:.4g} to {high:.4g}':>20} {count:>9,} {bar}".rstrip()
        yield ""


def _spread(values: npt.NDArray[np.float64]) -> dict[str, Any]:
    counts, edges = np.histogram(values, bins=_BINS)
    return {
        "rows": len(values),
        "mean": float(values.mean()),
        "deviation": float(values.std()),
        "lowest": float(values.min()),
        "median": float(np.median(values)),
        "highest": float(values.max()),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def _found(
    table: ValueTable, rows: npt.NDArray[np.int64], check: str, title: str, mend: str
) -> Finding:
    examples = tuple(Example((table.place(row, with_label=True),)) for row in rows[:SHOWN])
    return Finding("warning", check, title, len(rows), examples, mend)
