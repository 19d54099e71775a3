"""What a check tells of labels, by the task: classes and their balance, or how numbers spread."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sentiment.prediction import TaskName
from training.checks import labels, values
from training.checks.findings import Finding
from training.checks.table import Table


@dataclass(frozen=True)
class Part:
    """One task's part of a check.

    Attributes:
        table: makes a table of files.
        check: finds what is wrong with its labels.
        name: of what `described` gives, in the JSON report.
        described: the labels of each part of the data, as JSON values.
        lines: the same for people, where there is more to it than counts.
    """

    table: Callable[..., Any]
    check: Callable[[Any], Iterator[Finding]]
    name: str
    described: Callable[[Any], dict[str, Any]]
    lines: Callable[[Any], Iterable[str]]


PARTS: dict[TaskName, Part] = {
    "classification": Part(Table, labels.check, "labels", labels.described, lambda table: ()),
    "regression": Part(values.ValueTable, values.check, "values", values.described, values.lines),
}
