"""Rows that a fit refuses or skips, as the readers found them."""

from collections.abc import Iterator, Sequence

from training.checks.findings import SHOWN, Example, Finding, Place, number
from training.checks.table import File


def check(files: Sequence[File]) -> Iterator[Finding]:
    """Find the rows without text, and those that no run can use."""
    for file in files:
        user = "evaluate" if file.part == "test" else "fit"  # which reads no label of test data
        refused = [problem for problem in file.problems if not problem.empty]
        empty = [problem for problem in file.problems if problem.empty]
        if refused:
            yield Finding(
                "error",
                "refused_rows",
                f"{number(len(refused), 'row')} of {file.path.name} that `{user}` refuses",
                len(refused),
                tuple(
                    Example((Place(file.path, problem.line),), problem.message)
                    for problem in refused[:SHOWN]
                ),
                "Mend or remove them.",
            )
        if empty:
            yield Finding(
                "warning",
                "empty_texts",
                f"{number(len(empty), 'row')} of {file.path.name} without text",
                len(empty),
                tuple(Example((Place(file.path, problem.line),)) for problem in empty[:SHOWN]),
                "Remove them, or look whether their text was lost. `fit` skips them.",
            )
