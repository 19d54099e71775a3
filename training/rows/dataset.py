"""Rows of data files -> labelled examples, and a seeded, leak-free split of them."""

import hashlib
import logging
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.rows.decoding import DataError
from training.rows.formats import closest, did_you_mean
from training.rows.readers import Rows

__all__ = [
    "DataError",
    "Examples",
    "are_new",
    "drop_leaks",
    "fingerprint",
    "label_order",
    "normalise",
    "normalised",
    "split",
    "to_examples",
]

logger = logging.getLogger(__name__)

POLARITY = ("negative", "neutral", "positive")


@dataclass(frozen=True, eq=False)
class Examples:
    """n labelled texts, and the file that each came from.

    Here a label is one of C classes; `values.Valued` are examples whose label is a number.
    """

    texts: list[str]  # n
    labels: NDArray[Any]  # int32 (n,), index into label_names
    sources: NDArray[np.int32]  # (n,), index into source_names
    label_names: tuple[str, ...]  # C
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: NDArray[Any] | Sequence[int]) -> "Examples":
        """The examples at these indices, or where a mask (n,) is true; all names stay."""
        rows = np.arange(len(self))[indices]
        return replace(
            self,
            texts=[self.texts[row] for row in rows],
            labels=self.labels[rows],
            sources=self.sources[rows],
        )

    def join(self, other: "Examples") -> "Examples":
        """These examples and others, whose sources are numbered behind these.

        One of a name that there is already gets a number too, as "rows.csv (2)".
        """
        names = list(self.source_names)
        for name in other.source_names:
            alike = (name, *(f"{name} ({number})" for number in range(2, len(names) + 2)))
            names.append(next(one for one in alike if one not in names))
        return replace(
            self,
            texts=self.texts + other.texts,
            labels=np.concatenate([self.labels, other.labels]),
            sources=np.concatenate([self.sources, other.sources + len(self.source_names)]),
            source_names=tuple(names),
        )

    def strata(self) -> tuple[NDArray[Any], list[str]]:
        """What each part of a split should hold its share of.

        Returns:
            the stratum of each example, int (n,), and what the rows of each are, in words.
        """
        return self.labels, [f'labelled "{name}"' for name in self.label_names]

    def known_to(self, *label_names: Sequence[str]) -> NDArray[np.bool_]:
        """Which examples have a label that each of some models knows: bool (n,)."""
        names = np.array(self.label_names)[self.labels]
        return np.all([np.isin(names, known) for known in label_names], axis=0)

    def labels_among(self, label_names: Sequence[str]) -> NDArray[Any]:
        """The labels as a model numbers them, which knows them all: int32 (n,)."""
        index = {name: number for number, name in enumerate(label_names)}
        return np.array([index[self.label_names[label]] for label in self.labels], np.int32)

    def described(self) -> str:
        """How many examples there are of what, for messages."""
        return ", ".join(f"{name} {number}" for name, number in self.counts().items())

    def lost(self, kept: "Examples", role: str) -> str | None:
        """Say of what no example is left in `kept`, a part of these, which are for `role`."""
        before, after = self.counts(), kept.counts()
        lost = [name for name in before if before[name] and not after[name]]
        return f'All {before[lost[0]]} {role} texts labelled "{lost[0]}" stand' if lost else None

    def counts(self) -> dict[str, int]:
        """The number of examples of each label, labels without any included."""
        numbers = np.bincount(self.labels, minlength=len(self.label_names))
        return dict(zip(self.label_names, numbers.tolist(), strict=True))


def label_order(names: Iterable[str]) -> tuple[str, ...]:
    """The order in which a model lists its classes.

    From negative to positive where all names are polarities, by value where all are numbers,
    and otherwise by name.
    """
    unique = set(names)
    if unique <= set(POLARITY):
        return tuple(name for name in POLARITY if name in unique)
    try:
        return tuple(sorted(unique, key=lambda name: (float(name), name)))
    except ValueError:
        return tuple(sorted(unique))


def to_examples(rows: Sequence[Rows], *, label_names: Sequence[str] | None = None) -> Examples:
    """Join files into examples; each file is a source.

    Args:
        rows: labelled rows, one item for each file.
        label_names: the labels that may stand there, in the model's order; None takes those
            that do, in `label_order`.
    Raises:
        DataError: a label is not among `label_names`, or the rows are all of one class.
    """
    for file in rows:
        if file.labels is None:
            raise DataError(f"{file.path}: was read without labels; examples need them.")
    names = label_order(name for file in rows for name in file.labels or ())
    paths = ", ".join(str(file.path) for file in rows)
    if label_names is not None:
        for file in rows:
            _check_labels(file, label_names)
    if len(names) < 2:
        found = f'only "{names[0]}"' if names else "none"
        raise DataError(
            f"{paths}: at least two labels are needed, but {found} was found. "
            "Add rows of another label."
        )
    names = names if label_names is None else tuple(label_names)
    index = {name: number for number, name in enumerate(names)}
    return Examples(
        [text for file in rows for text in file.texts],
        np.array([index[name] for file in rows for name in file.labels or ()], np.int32),
        source_of(rows),
        names,
        source_names(rows),
    )


def source_of(rows: Sequence[Rows]) -> NDArray[np.int32]:
    """The file of each row, by number: int32 (n,)."""
    return np.repeat(np.arange(len(rows), dtype=np.int32), [len(file.texts) for file in rows])


def source_names(rows: Sequence[Rows]) -> tuple[str, ...]:
    """The names of files: their paths where two have the same name."""
    names = tuple(file.path.name for file in rows)
    return names if len(set(names)) == len(names) else tuple(str(file.path) for file in rows)


def _check_labels(file: Rows, label_names: Sequence[str]) -> None:
    known = set(label_names)
    for row, name in enumerate(file.labels or ()):
        if name not in known:
            alias = f"{name}={closest(name, label_names) or label_names[0]}"
            raise DataError(
                f'{file.where(row)}: label "{name}" is not one of {", ".join(label_names)}.'
                f"{did_you_mean(name, label_names)} "
                f"An alias can map it, as in --alias {shlex.quote(alias)}."
            )


def normalise(text: str) -> str:
    """What makes two texts the same one: letters without case, words without their spacing."""
    return " ".join(text.casefold().split())


def normalised(texts: Iterable[str]) -> frozenset[str]:
    """The distinct texts there are, as `are_new` asks for them."""
    return frozenset(map(normalise, texts))


def are_new(texts: Iterable[str], known: Set[str]) -> NDArray[np.bool_]:
    """Which of n texts are, but for case and spacing, none of those known: bool (n,).

    Args:
        known: texts that are `normalised`.
    """
    return np.array([normalise(text) not in known for text in texts], bool)


def split(
    examples: Examples, share: float | Sequence[float], *, seed: int
) -> tuple[Examples, Examples]:
    """Hold out a part of the examples, the same one for the same seed.

    Each source gives its share of each of its labels. Rows of the same text, but for case and
    spacing, stay on one side, so a part falls short of its share where duplicates do not fit,
    and never exceeds it by a whole row. Of every label at least one row stays for training. Which
    rows a source holds out does not depend on the other sources, but for a row that rounding adds.

    Args:
        share: from 0 up to but without 1, for all sources or one for each; 0 holds nothing out.
        seed: of the random choice.
    Returns:
        The examples to train on and those held out, both in their first order.
    Raises:
        DataError: a share is out of range, or a share above 0 holds nothing out.
    """
    shares = _shares(share, examples.source_names)
    number_of, named = examples.strata()
    classes = len(named)
    stratum = examples.sources * classes + number_of  # (n,)
    quota = _quotas(np.bincount(stratum, minlength=len(shares) * classes), shares, classes)

    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(normalise(t), len(numbers)) for t in examples.texts], int)
    strata: list[list[int]] = [[] for _ in numbers]
    for number, where in zip(group.tolist(), stratum.tolist(), strict=True):
        strata[number].append(where)

    # A group of equal texts goes out whole, and only where every stratum it touches has room:
    # so a stratum without a share never gives a row, whatever its duplicates do. The order is that
    # of the texts' hashes, so that a file gives the same rows whatever files stand beside it: a
    # model that goes on from another one is not measured on what that one learned.
    held = np.zeros(len(numbers), bool)
    for number in sorted(numbers.values(), key=_hashes(numbers, seed).__getitem__):
        needed = Counter(strata[number])
        if all(quota[where] >= rows for where, rows in needed.items()):
            held[number] = True
            for where, rows in needed.items():
                quota[where] -= rows
    if any(shares) and not held.any():
        raise DataError(
            f"A share of {', '.join(f'{one:g}' for one in shares)} of {len(examples)} examples "
            f"({examples.described()}) in {', '.join(examples.source_names)} holds nothing "
            "out. Give more examples that differ, a larger share, or a validation file."
        )
    mask = held[group]  # (n,)
    return examples.take(~mask), examples.take(mask)


def _hashes(texts: Iterable[str], seed: int) -> list[bytes]:
    key = str(seed).encode()
    return [hashlib.blake2b(text.encode(), digest_size=8, key=key).digest() for text in texts]


def _shares(share: float | Sequence[float], source_names: tuple[str, ...]) -> list[float]:
    shares = list(share) if isinstance(share, Sequence) else [share] * len(source_names)
    if len(shares) != len(source_names):
        raise DataError(
            f"{len(shares)} shares for {len(source_names)} sources "
            f"({', '.join(source_names)}): give one share, or one for each source."
        )
    for one in shares:
        if not 0 <= one < 1:
            raise DataError(f"A share of {one:g} cannot be held out; give 0 or more, and under 1.")
    return shares


def _quotas(rows: NDArray[Any], shares: list[float], classes: int) -> list[int]:
    """How many rows each stratum (source, label) may give, from how many it has."""
    # Rounding the running total, not each stratum, keeps the whole right where strata are small.
    total = np.cumsum(np.repeat(shares, classes) * rows)
    quota = np.diff(np.floor(total + 0.5).astype(int), prepend=0)
    by_source = np.minimum(quota, rows).reshape(-1, classes)  # (sources, C)
    for label in range(classes):
        column = by_source[:, label]
        if column.any() and column.sum() == rows.reshape(-1, classes)[:, label].sum():
            column[column.argmax()] -= 1  # the last row of a class is for training
    return [int(rows) for rows in by_source.ravel()]


def drop_leaks(examples: Examples, known: Set[str], *, role: str, of: str) -> Examples:
    """The examples whose text, but for case and spacing, is none of those known.

    Args:
        known: texts that are `normalised`.
        role: what the examples are for, "training" or "validation"; for messages, as is
        of: the role of what holds the texts.
    Raises:
        DataError: no example of some label would be left.
    """
    fresh = are_new(examples.texts, known)
    if fresh.all():
        return examples
    kept, leaked = examples.take(fresh), examples.take(~fresh)
    if lost := examples.lost(kept, role):
        instead = ", or none (it is then split off)" if of == "validation" else ""
        raise DataError(f"{lost} in the {of} data too. Give {of} data with other texts{instead}.")
    logger.warning(
        "dropped %d of %d %s examples: their texts stand in the %s data (%s)",
        len(leaked),
        len(examples),
        role,
        of,
        leaked.described(),
    )
    return kept


def fingerprint(path: str | Path) -> dict[str, str | int]:
    """Name, SHA-256 and size of a data file, so that a model can say what it was trained on.

    Raises:
        DataError: the file cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return {"name": path.name, "sha256": digest, "bytes": file.tell()}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
