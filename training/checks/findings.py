"""What a check found: how serious it is, where the first rows are, what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.rows.decoding import unit

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")  # the most serious first

SHOWN = 5  # examples of a finding, and rows of an example

_EXCERPT = 60  # characters


@dataclass(frozen=True)
class Place:
    """A row of a file, with its label where that matters."""

    path: Path
    line: int
    label: str | None = None

    def __str__(self) -> str:
        label = "" if self.label is None else f" ({self.label})"
        return f"{self.path.name}, {unit(self.path)} {self.line}{label}"


@dataclass(frozen=True)
class Example:
    """Rows that belong together, and a short piece of their text.

    `detail` says what is special about them without quoting their text.
    """

    places: tuple[Place, ...]
    excerpt: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """One kind of trouble in one place of the data.

    `check` is its fixed name, for programs; `count` how often it was found, and `examples` the
    first few; `mend` what would make it go away.
    """

    level: Level
    check: str
    title: str
    count: int
    examples: tuple[Example, ...] = ()
    mend: str = ""


def by_seriousness(findings: Iterable[Finding]) -> list[Finding]:
    """The most serious first, and of those alike the most frequent."""
    return sorted(findings, key=lambda found: (LEVELS.index(found.level), -found.count))


def excerpt(text: str, at: int = 0) -> str:
    """A piece of a text on one line, from a little before `at`; what cannot be shown is escaped."""
    start = max(0, at - _EXCERPT // 3)
    piece = " ".join(text[start : start + _EXCERPT].split())
    piece = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in piece)
    return ("…" if start else "") + piece + ("…" if len(text) > start + _EXCERPT else "")


def number(count: int, singular: str, plural: str = "") -> str:
    """`1 text`, `1,200 texts`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
