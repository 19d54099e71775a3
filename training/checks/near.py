"""Texts that are nearly the same: near leaks, near copies with two labels, near-duplicates."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from training.checks.copies import LEAKS
from training.checks.findings import SHOWN, Example, Finding, excerpt, number
from training.checks.similar import THRESHOLD, Pairs, similar_pairs
from training.checks.table import LABELLED, NAMES, PARTS, Table

_Rows = npt.NDArray[np.int64]


def check(table: Table) -> Iterator[Finding]:
    """Find what `copies` does not, because the texts differ by more than case and spacing."""
    representatives = table.first.max(axis=1)  # any row of each distinct text
    pairs = similar_pairs([table.texts[row] for row in representatives])
    yield from _leaks(table, pairs)
    yield from _conflicts(table, pairs)
    yield from _duplicates(table, pairs)


def _leaks(table: Table, pairs: Pairs) -> Iterator[Finding]:
    ours = np.concatenate([pairs.first, pairs.second])
    theirs = np.concatenate([pairs.second, pairs.first])
    for into, origins in LEAKS:
        for origin in origins:
            here, there = (table.first[:, PARTS.index(part)] for part in (into, origin))
            # what stands in both parts as it is has been told as a leak
            leaked = (here[ours] >= 0) & (there[ours] < 0) & (there[theirs] >= 0)
            groups, which = np.unique(ours[leaked], return_index=True)
            if len(groups):
                yield Finding(
                    "warning" if origin in LABELLED else "note",
                    "near_leak",
                    f"{number(len(groups), 'text')} of the {NAMES[into]} "
                    f"nearly the same in the {NAMES[origin]} ({table.by_file(here[groups])})",
                    len(groups),
                    _examples(
                        table,
                        here[ours[leaked][which]],
                        there[theirs[leaked][which]],
                        np.tile(pairs.similarity, 2)[leaked][which],
                    ),
                    f"Look at them, and remove the copies from the {NAMES[origin]}.",
                )


def _conflicts(table: Table, pairs: Pairs) -> Iterator[Finding]:
    labelled = table.first[:, : len(LABELLED)].max(axis=1)  # a labelled row of each text, or -1
    ours, theirs = labelled[pairs.first], labelled[pairs.second]
    differ = (ours >= 0) & (theirs >= 0) & table.contradict(ours, theirs)
    if differ.any():
        yield Finding(
            "warning",
            "near_conflicting_labels",
            f"{number(int(differ.sum()), 'pair')} of texts that are nearly the same "
            "and have different labels",
            int(differ.sum()),
            _examples(table, ours[differ], theirs[differ], pairs.similarity[differ]),
            "Look at them: one word may well decide, or one of the labels is a mistake.",
        )


def _duplicates(table: Table, pairs: Pairs) -> Iterator[Finding]:
    for part in PARTS:
        first = table.first[:, PARTS.index(part)]
        ours, theirs = first[pairs.first], first[pairs.second]
        inside = (ours >= 0) & (theirs >= 0)
        if inside.any():
            texts = len(np.unique([ours[inside], theirs[inside]]))
            yield Finding(
                "note",
                "near_duplicates",
                f"{number(texts, 'text')} nearly the same as another one of the {NAMES[part]}",
                texts,
                _examples(table, ours[inside], theirs[inside], pairs.similarity[inside]),
                f"Similar means {THRESHOLD:.0%} of the pairs of neighbouring words. "
                "Where they are copies, keep one of each.",
            )


def _examples(
    table: Table, ours: _Rows, theirs: _Rows, similarity: npt.NDArray[np.float64]
) -> tuple[Example, ...]:
    shown = [column[:SHOWN].tolist() for column in (ours, theirs, similarity)]
    return tuple(
        Example(
            (table.place(one, with_label=True), table.place(other, with_label=True)),
            excerpt(table.texts[one]),
            f"{alike:.0%} alike",
        )
        for one, other, alike in zip(*shown, strict=True)
    )
