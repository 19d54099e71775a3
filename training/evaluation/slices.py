"""Parts of the rows that a model may do better or worse on: by length, unknown words, columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.evaluation.labelled import Labelled, one_line
from training.evaluation.score import Answers

# The highest number of each slice, and its name.
_TOKENS = {
    10: "up to 10 tokens",
    20: "11 to 20 tokens",
    50: "21 to 50 tokens",
    100: "51 to 100 tokens",
    200: "101 to 200 tokens",
    500: "201 to 500 tokens",
    np.inf: "over 500 tokens",
}
_UNKNOWN = {0: "none", 0.05: "up to 5 %", 0.2: "5 to 20 %", 1: "over 20 %"}

_MOST_VALUES = 20  # of a column; the rest are one slice
_NAME = 60  # characters of a value


@dataclass(frozen=True, eq=False)
class Slice:
    """The rows, bool (n,), that have some value."""

    by: str
    value: str
    rows: npt.NDArray[np.bool_]


def slices(data: Labelled, answers: Answers) -> list[Slice]:
    """Cut n rows by their tokens, their unknown words, their files, and each other column.

    Only slices that hold a row are given, and the files only where there are several.
    """
    found = [
        *_cut("length", answers.tokens, _TOKENS),
        *_cut("unknown words", answers.unknown_rate, _UNKNOWN),
    ]
    names = data.examples.source_names
    if len(names) > 1:
        found += _values("file", [names[source] for source in data.examples.sources])
    for column, values in data.others.items():
        found += _values(column, values)
    return found


def _cut(by: str, numbers: npt.NDArray[np.number], ends: Mapping[float, str]) -> Iterator[Slice]:
    places = np.searchsorted(list(ends), numbers)
    for place in np.unique(places):
        yield Slice(by, list(ends.values())[place], places == place)


def _values(by: str, values: Sequence[str]) -> Iterator[Slice]:
    common = dict(Counter(values).most_common(_MOST_VALUES))
    column = np.array(values, object)
    for value in common:
        yield Slice(by, one_line(value, _NAME) or "(empty)", column == value)
    rest = np.array([value not in common for value in values], bool)
    if rest.any():
        yield Slice(by, "(all other values)", rest)
