"""Several runs' figures in a table, with their mean and deviation."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def table(
    what: str,
    runs: Sequence[dict[str, dict[str, Any]]],
    names: Sequence[str],
    *,
    first: int = 1,
) -> str:
    """Write a table for each data set: a line for each run, and what they come to.

    Args:
        what: a run is, as "fold"; the lines are numbered from `first`.
        runs: of each, the figures of each data set, as `measure` gives them. A data set
            may be missing in some.
        names: of the figures.
    Returns:
        Lines of text. The deviation is that of a sample, 0 of a single run.
    """
    lines = []
    for name in dict.fromkeys(name for run in runs for name in run):
        found = {f"{what} {n}": run[name] for n, run in enumerate(runs, first) if name in run}
        values = np.array([[run[figure] for figure in names] for run in found.values()])
        deviation = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(names))
        lines.append(_line(name, ["rows", *names], names))
        for (label, run), row in zip(found.items(), values, strict=True):
            lines.append(_line(label, [str(run["rows"]), *_numbers(row)], names))
        lines.append(_line("mean", ["", *_numbers(values.mean(axis=0))], names))
        lines.append(_line("standard deviation", ["", *_numbers(deviation)], names))
        lines.append("")
    return "\n".join(lines)


def _numbers(values: Any) -> list[str]:
    return [f"{value:.4f}" for value in values]


def _line(label: str, cells: Sequence[str], names: Sequence[str]) -> str:
    widths = (8, *(max(len(name), 8) + 2 for name in names))
    row = "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{label:<24}{row}".rstrip()
