"""How many of the running words a vocabulary, or a file of vectors, knows."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from sentiment.tokenizer import Tokenizer
from training.checks.findings import Example, Finding
from training.checks.table import NAMES, PARTS, Table

# Texts of a part that are looked at.
SAMPLE = 2_000

# More unknown words than that, and a service warns of a text too (docs/http.md, high_unknown_rate).
_MANY_UNKNOWN = 0.2

_FREQUENT = 10


@dataclass(frozen=True)
class Coverage:
    """What is known of a sample of a part: the share of its running words, and frequent others."""

    part: str
    source: str
    words: int
    known: float
    unknown: list[str]


def of_vocabulary(table: Table, tokenizer: Tokenizer, source: str) -> list[Coverage]:
    """How many words a model's tokenizer knows, counted as the service counts them."""
    parts = []
    for part in PARTS:
        words = unknown = 0
        for text in table.sample(part, SAMPLE):
            tokens = tokenizer.encode(text)
            words += tokens.count_words()
            unknown += tokens.count_unknown()
        if words:
            parts.append(Coverage(part, source, words, 1 - unknown / words, []))
    return parts


def of_vectors(table: Table, tokenizer: Tokenizer, known: Set[str], source: str) -> list[Coverage]:
    """How many words have a vector, each spelt as a vocabulary spells it, or in lower case."""
    parts = []
    for part in PARTS:
        texts = table.sample(part, SAMPLE)
        counts = Counter(word for text in texts for word in tokenizer.words(text))
        missing = Counter(
            {word: n for word, n in counts.items() if known.isdisjoint((word, word.lower()))}
        )
        if words := counts.total():
            frequent = [word for word, _ in missing.most_common(_FREQUENT)]
            parts.append(Coverage(part, source, words, 1 - missing.total() / words, frequent))
    return parts


def check(coverage: Sequence[Coverage]) -> Iterator[Finding]:
    """Find what is hardly known."""
    for part in coverage:
        if part.known < 1 - _MANY_UNKNOWN:
            yield Finding(
                "warning",
                "unknown_words",
                f"{part.source} knows {part.known:.1%} of the words of the {NAMES[part.part]}",
                round((1 - part.known) * part.words),
                (Example((), ", ".join(part.unknown)),) if part.unknown else (),
                "Take a vocabulary or vectors of the texts' own language and kind, or train them.",
            )
