"""Weights of words by occlusion: how far the odds of a label, or a value, fall without a word.

Taken out, and not replaced by [UNK] or a neighbour: the three rank words alike, and a text without
the word is one that anybody can send.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment.pipeline import EncodedText
from sentiment.prediction import Explanation, WordWeight
from sentiment.tokenizer import UNKNOWN_ID

# Each word costs the network another reading of its window, so a text gets this many weights.
MAX_EXPLAINED_WORDS = 128

# Nearer to 0 or 1 than this a probability is rounded off, so that the odds stay finite.
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Occlusion:
    """One word, and the windows that hold it without it: `rows[i]` stands for `windows[i]`."""

    offset: int
    text: str
    unknown: bool
    windows: list[int]
    rows: list[list[int]]


@dataclass(frozen=True, slots=True)
class Occlusions:
    """The first words that were read of a text, and the number of those left over."""

    words: list[Occlusion]
    left_out: int


def occlude(text: str, encoded: EncodedText) -> Occlusions:
    """Take each word out of a text, all pieces of it at once.

    A text of one word becomes [UNK] without it, as a row cannot be empty.
    """
    read, offsets = encoded.read, encoded.tokens.offsets
    words = [
        pieces for pieces in encoded.tokens.words() if pieces[-1] in read and pieces[0] in read
    ]
    occlusions = []
    for pieces in words[:MAX_EXPLAINED_WORDS]:
        windows, rows = [], []
        for window, (start, row) in enumerate(zip(encoded.starts, encoded.rows, strict=True)):
            first, end = max(pieces.start - start, 0), min(pieces.stop - start, len(row))
            if first < end:
                windows.append(window)
                rows.append(row[:first] + row[end:] or [UNKNOWN_ID])
        offset, stop = offsets[pieces[0]][0], offsets[pieces[-1]][1]
        unknown = encoded.tokens.is_unknown(pieces, offsets)
        occlusions.append(Occlusion(offset, text[offset:stop], unknown, windows, rows))
    return Occlusions(occlusions, len(words) - len(occlusions))


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), finite for 0 and 1 too."""
    kept = min(max(probability, _SMALLEST), 1 - _SMALLEST)
    return math.log(kept) - math.log1p(-kept)


def weigh(
    occlusions: Occlusions,
    *,
    target: str,
    whole: Sequence[float],
    without: Sequence[Sequence[float]],
    compare: Callable[[float], float] = log_odds,
) -> Explanation:
    """Compare what the network says of the target with and without each word.

    Args:
        target: what is compared: a label by its probability, or a value.
        whole: the network's number for it in each of the text's windows.
        without: for each word, its number in each of the word's rows.
        compare: what is compared of a number that is averaged over the windows.
    """
    total, windows = sum(whole), len(whole)
    full = compare(total / windows)
    weights = []
    for word, numbers in zip(occlusions.words, without, strict=True):
        others = total - sum(whole[window] for window in word.windows)
        weight = full - compare((others + sum(numbers)) / windows)
        weights.append(WordWeight(word.offset, len(word.text), word.text, weight, word.unknown))
    return Explanation(target, weights, occlusions.left_out)
