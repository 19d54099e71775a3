"""Labels: misspelt ones, ones that training does not have, classes too small."""

import difflib
from collections.abc import Iterator

import numpy as np

from training.checks.findings import SHOWN, Example, Finding, Level, number
from training.checks.table import LABELLED, NAMES, Table
from training.rows.formats import did_you_mean

# A label is taken for a misspelling of one that it resembles this much (difflib's ratio: one letter
# more or less in eight gives 0.93, "very positive" and "positive" 0.76) and that has at least so
# many times as many rows.
_ALIKE = 0.8
_RARER = 10

# More labels than that are hardly labels, but another column.
_MANY = 100

# "Low number of examples" in spaCy's `debug data` (NEW_LABEL_THRESHOLD).
_FEW_ROWS = 50

# Of two classes, a share under 20 % is a moderate and one under 1 % an extreme imbalance (Google's
# Machine Learning course, "Imbalanced data"); here as the smallest class beside the largest.
_IMBALANCED, _EXTREME = 20 / 80, 1 / 99


def check(table: Table) -> Iterator[Finding]:
    """Find what is wrong with the labels of the training, validation and test data."""
    names = table.label_names
    if not names:
        return
    if len(names) > _MANY:
        yield Finding(
            "error",
            "many_labels",
            f"{number(len(names), 'different label')}, more than a classifier can tell apart",
            len(names),
            mend="Say which column holds the label with --label-column.",
        )
        return
    meant = _misspelt(table)
    for label, correct in meant.items():
        yield _found(
            table,
            label,
            "error",
            "misspelt_label",
            f'label "{names[label]}": did you mean "{names[correct]}"?',
            f'Correct it in the file, or read it with --alias "{names[label]}={names[correct]}".',
        )
    yield from _unknown(table, set(meant))
    yield from _balance(table, set(meant))


def described(table: Table) -> dict[str, dict[str, int]]:
    """Count the rows of each label in each part of the data, by its name."""
    return {
        part: dict(zip(table.label_names, table.counts(part).tolist(), strict=True))
        for part in dict.fromkeys(file.part for file in table.sources)
        if table.counts(part).any()
    }


def _misspelt(table: Table) -> dict[int, int]:
    """The labels that look misspelt, and those that are meant, by index."""
    counts = np.bincount(table.labels[table.labels >= 0], minlength=len(table.label_names))
    by_size = np.argsort(-counts, kind="stable").tolist()
    meant: dict[int, int] = {}
    for position, label in enumerate(by_size):
        name = table.label_names[label]
        for other in by_size[:position]:
            if other in meant:
                continue
            likely = table.label_names[other]
            same = " ".join(name.casefold().split()) == " ".join(likely.casefold().split())
            rarer = counts[label] * _RARER <= counts[other] and not _is_number(name)
            if same or (rarer and difflib.SequenceMatcher(None, name, likely).ratio() >= _ALIKE):
                meant[label] = other
                break
    return meant


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _unknown(table: Table, misspelt: set[int]) -> Iterator[Finding]:
    trained = table.counts("train")
    if not trained.any():
        return
    known = [table.label_names[label] for label in np.flatnonzero(trained)]
    for part in LABELLED[1:]:
        counts = table.counts(part)
        for label in np.flatnonzero((counts > 0) & (trained == 0)).tolist():
            if label not in misspelt:
                name = table.label_names[label]
                yield _found(
                    table,
                    label,
                    "error",
                    "unknown_label",
                    f'label "{name}" of the {NAMES[part]} is not in the training data, '
                    f"which has {', '.join(known)}.{did_you_mean(name, known)}",
                    f'Give it training rows, remove its rows, or map it with --alias "{name}=…".',
                )
        missing = np.flatnonzero((counts == 0) & (trained > 0)).tolist() if counts.any() else []
        for label in missing:
            if label not in misspelt:
                yield Finding(
                    "note",
                    "unmeasured_label",
                    f'the {NAMES[part]} has no row with label "{table.label_names[label]}"',
                    1,
                    mend="Add some: what is not there is not measured.",
                )


def _balance(table: Table, misspelt: set[int]) -> Iterator[Finding]:
    counts = table.counts("train")
    classes = [label for label in np.flatnonzero(counts).tolist() if label not in misspelt]
    if not classes:
        return
    listed = ", ".join(f"{table.label_names[label]} {counts[label]:,}" for label in classes)
    if len(classes) == 1:
        yield Finding(
            "error",
            "one_class",
            f"all training rows have one label ({listed})",
            1,
            mend="Add rows of another label: a classifier needs two.",
        )
        return
    for label in classes:
        if counts[label] < _FEW_ROWS:
            yield _found(
                table,
                label,
                "warning",
                "few_rows",
                f'label "{table.label_names[label]}" has {number(int(counts[label]), "row")} '
                "in the training data",
                f"Add more: under {_FEW_ROWS} teach little.",
            )
    ratio = counts[classes].min() / counts[classes].max()
    if ratio < _IMBALANCED:
        yield Finding(
            "warning" if ratio < _EXTREME else "note",
            "imbalance",
            f"the largest class has {1 / ratio:,.0f} times the rows of the smallest ({listed})",
            1,
            mend='Let them count alike with fit.class_weight = "balanced", or add rows; '
            "measure by macro averages.",
        )


def _found(table: Table, label: int, level: Level, check: str, title: str, mend: str) -> Finding:
    rows = np.flatnonzero(table.labels == label)
    examples = tuple(Example((table.place(row),)) for row in rows[:SHOWN])
    return Finding(level, check, title, len(rows), examples, mend)
