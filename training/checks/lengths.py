"""How long the texts are in tokens, and how many a choice of `timesteps` would cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment.tokenizer import Tokenizer
from training.checks.findings import Finding, number
from training.checks.table import LABELLED, NAMES, Table

# Texts of a part that are tokenized: a share of them is true to about 1 point (1.96 * 0.5 / 100).
SAMPLE = 10_000

TIMESTEPS = (25, 50, 100, 200, 400, 800)

_MANY_CUT = 0.1


@dataclass(frozen=True)
class Lengths:
    """The lengths of a part's texts, or of a sample of them.

    `histogram` holds (from, to, share of the texts), with both ends meant; `cut` the share of the
    texts that are longer than a number of timesteps.
    """

    part: str
    texts: int
    sample: int
    median: int
    longest: int
    histogram: list[tuple[int, int, float]]
    cut: dict[int, float]


def measure(table: Table, tokenizer: Tokenizer, timesteps: int) -> list[Lengths]:
    """Measure the labelled parts; `timesteps` is told beside the usual choices."""
    parts = []
    for part in LABELLED:
        texts = table.sample(part, SAMPLE)
        if texts:
            tokens = np.array([len(ids) for ids in tokenizer.encode_ids(texts)])
            parts.append(_describe(part, len(table.rows_of(part)), tokens, {*TIMESTEPS, timesteps}))
    return parts


def words_only() -> Tokenizer:
    """A tokenizer that knows no word, and so gives one token for each word, mark and emoji."""
    return Tokenizer.train([], vocabulary_size=0)


def check(lengths: Sequence[Lengths], timesteps: int) -> Iterator[Finding]:
    """Find out whether the timesteps that are set fit the texts."""
    for part in lengths:
        share = part.cut[timesteps]
        rows = round(share * part.texts)
        empty = next((share for _, to, share in part.histogram if to == 0), 0.0)
        if empty:
            yield Finding(
                "warning",
                "no_tokens",
                f"{empty:.1%} of the {NAMES[part.part]} hold no token (markup or marks alone)",
                round(empty * part.texts),
                mend="Remove them; `fit` leaves them out.",
            )
        if rows:
            yield Finding(
                "warning" if share > _MANY_CUT and part.part == "train" else "note",
                "cut_texts",
                f"{timesteps} timesteps cut {share:.1%} of the {NAMES[part.part]} "
                f"(about {number(rows, 'text')})",
                rows,
                mend="Raise pipeline.timesteps, or choose with pipeline.truncating which end is "
                "kept. Predictions read long texts in windows and cut nothing.",
            )


def _describe(part: str, texts: int, tokens: np.ndarray, timesteps: set[int]) -> Lengths:
    longest = int(tokens.max())
    edges = [0, 1, *(2**power + 1 for power in range(1, max(longest - 1, 1).bit_length() + 1))]
    counts = np.histogram(tokens, [*edges, np.inf])[0].tolist()
    ends = [*(edge - 1 for edge in edges[1:]), longest]
    bins = zip(edges, ends, counts, strict=True)
    return Lengths(
        part=part,
        texts=texts,
        sample=len(tokens),
        median=int(np.median(tokens)),
        longest=longest,
        histogram=[(low, high, count / len(tokens)) for low, high, count in bins if count],
        cut={choice: float((tokens > choice).mean()) for choice in sorted(timesteps)},
    )
