"""Texts that are the same but for case and spacing: duplicates, two labels for one text, leaks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from training.checks.findings import SHOWN, Example, Finding, excerpt, number
from training.checks.table import LABELLED, NAMES, PARTS, Table

# A part, and the parts whose texts must not stand in it too.
LEAKS = (
    ("validation", ("train", "taught", "unlabelled")),
    ("test", ("train", "validation", "taught", "unlabelled")),
)


def check(table: Table) -> Iterator[Finding]:
    """Find the copies that `dataset.normalise` makes equal."""
    yield from _leaks(table)
    yield from _conflicts(table)
    yield from _duplicates(table)


def _leaks(table: Table) -> Iterator[Finding]:
    for into, origins in LEAKS:
        for origin in origins:
            here, there = (table.first[:, PARTS.index(part)] for part in (into, origin))
            leaked = np.flatnonzero((here >= 0) & (there >= 0))
            if not len(leaked):
                continue
            leaked = leaked[here[leaked].argsort()]
            yield Finding(
                "error" if origin in LABELLED else "warning",
                "leak",
                f"{number(len(leaked), 'text')} of the {NAMES[into]} also in the {NAMES[origin]}"
                f" ({table.by_file(here[leaked])})",
                len(leaked),
                tuple(
                    Example(
                        (table.place(here[group]), table.place(there[group])),
                        excerpt(table.texts[here[group]]),
                    )
                    for group in leaked[:SHOWN]
                ),
                _leak_mended(into, origin),
            )


def _leak_mended(into: str, origin: str) -> str:
    if into == "test" or origin != "unlabelled":
        return (
            f"`fit{' --test' if into == 'test' else ''}` leaves these rows out of what it learns "
            "from; remove them yourself where another program reads the files."
        )
    return f"Remove them from the {NAMES[origin]}: what was seen in training measures nothing."


def _conflicts(table: Table) -> Iterator[Finding]:
    labelled = np.flatnonzero(table.labels >= 0)
    groups = table.contradictory()
    if not len(groups):
        return
    level, what = table.conflict
    rows = labelled[np.isin(table.groups[labelled], groups)]
    yield Finding(
        level,
        "conflicting_labels",
        f"{number(len(groups), 'text')} {what} ({number(len(rows), 'row')})",
        len(groups),
        tuple(_together(table, rows, group) for group in groups[:SHOWN]),
        "Decide on one label for each text, or remove the text.",
    )


def _duplicates(table: Table) -> Iterator[Finding]:
    for part in PARTS:
        rows = table.rows_of(part)
        distinct, copies = np.unique(table.groups[rows], return_counts=True)
        repeated = distinct[copies > 1]
        if not len(repeated):
            continue
        surplus = int(copies.sum() - len(copies))
        yield Finding(
            "warning" if part in LABELLED else "note",
            "duplicates",
            f"{number(len(repeated), 'text')} more than once in the {NAMES[part]} "
            f"({number(surplus, 'row')} too many)",
            surplus,
            tuple(_together(table, rows, group) for group in repeated[:SHOWN]),
            "Keep one row of each: a text that stands there twice counts twice.",
        )


def _together(table: Table, rows: npt.NDArray[np.int64], group: int) -> Example:
    """Those of the rows that hold one text."""
    same = rows[table.groups[rows] == group]
    places = tuple(table.place(row, with_label=True) for row in same[:SHOWN])
    return Example(places, excerpt(table.texts[same[0]]))
