"""Pairs of texts that are nearly the same, found by MinHash and then compared exactly."""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

# Two texts are nearly the same where they share this much of their pairs of neighbouring words:
# the Jaccard similarity |A & B| / |A | B|. 0.8 is the usual threshold for removing near-duplicates
# from training text (Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better",
# which asks it of the edit similarity; SlimPajama). With pairs of words, one word that was swapped
# leaves a text of 17 words or more nearly the same; shorter ones must have the same words.
THRESHOLD = 0.8

# MinHash (Broder 1997) in bands (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4):
# texts that agree in all hashes of a band are compared. A pair at the threshold is met with a
# probability of 1 - (1 - 0.8**4)**16 = 0.9998.
_BANDS, _ROWS = 16, 4
_HASHES = _BANDS * _ROWS

# A pair that is worth comparing agrees in this share of its hashes. Those at the threshold agree in
# 0.8 of them, with a standard deviation of (0.8 * 0.2 / 64)**0.5 = 0.05.
_WORTH_COMPARING = 0.6

_AT_ONCE = 1_000_000  # pairs of words that are in memory at once

_WORD = re.compile(r"\w+")

_Ints = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Pairs:
    """p pairs of texts: int (p,) indices, `first` below `second`, and float (p,) similarities."""

    first: _Ints
    second: _Ints
    similarity: npt.NDArray[np.float64]


def similar_pairs(texts: Sequence[str], threshold: float = THRESHOLD) -> Pairs:
    """Find pairs of nearly equal texts; letters' case and punctuation do not count.

    Of many texts that are all alike not each pair is compared, but each text with the first and
    with the one before it, so that the time grows with the number of texts and not of pairs.
    A text without a word is like no other. The same texts give the same pairs.
    """
    shingles = _Shingles(texts)
    first, second = _candidates(_signatures(shingles))
    similarity = _jaccard(shingles, first, second)
    near = (similarity >= threshold) & (shingles.sizes[first] > 1)
    return Pairs(first[near], second[near], similarity[near])


class _Shingles:
    """The pairs of neighbouring words of all texts, as one row of hashes.

    A text of w words has w + 1: its beginning and its end count as words. The pairs are numbers
    that differ, mixed by a function that keeps them different, so no two pairs share a hash.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
        words = array("I", [0])  # 0 is the border between two texts
        starts = []
        for text in texts:
            starts.append(len(words) - 1)
            words.extend(map(numbers.__getitem__, _WORD.findall(text.casefold())))
            words.append(0)
        self.starts = np.array(starts, int)  # (n,)
        self.sizes = np.diff(self.starts, append=len(words) - 1)  # (n,)
        self._words = np.array(words, np.uint32)

    def between(self, start: int, stop: int) -> _Hashes:
        """The hashes from one place in the row up to another."""
        return _pairs(self._words[start:stop], self._words[start + 1 : stop + 1])

    def of(self, texts: _Ints) -> tuple[_Ints, _Hashes]:
        """The hashes of some texts, and of each hash the index into `texts`."""
        sizes = self.sizes[texts]
        owner = np.repeat(np.arange(len(texts)), sizes)
        at = np.arange(len(owner)) + (self.starts[texts] - np.cumsum(sizes) + sizes)[owner]
        return owner, _pairs(self._words[at], self._words[at + 1])


def _pairs(words: npt.NDArray[np.uint32], following: npt.NDArray[np.uint32]) -> _Hashes:
    return _mix(words.astype(np.uint64) << np.uint64(32) | following)


def _mix(values: _Hashes) -> _Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): one to one, and every bit counts."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def _signatures(shingles: _Shingles) -> npt.NDArray[np.uint32]:
    """The smallest value of each of the hash functions over each text's shingles: (n, hashes)."""
    random = np.random.default_rng(0)
    masks = random.integers(2**64, size=_HASHES, dtype=np.uint64)
    factors = random.integers(2**64, size=_HASHES, dtype=np.uint64) | np.uint64(1)
    starts, texts = shingles.starts, len(shingles.sizes)
    signatures = np.empty((texts, _HASHES), np.uint32)
    begin = 0
    while begin < texts:
        end = max(begin + 1, int(np.searchsorted(starts, starts[begin] + _AT_ONCE)))
        stop = starts[end] if end < texts else starts[-1] + shingles.sizes[-1]
        hashes = shingles.between(starts[begin], stop)
        offsets = starts[begin:end] - starts[begin]
        for column, (mask, factor) in enumerate(zip(masks, factors, strict=True)):
            smallest = np.minimum.reduceat((hashes ^ mask) * factor, offsets)
            signatures[begin:end, column] = smallest >> np.uint64(32)
        begin = end
    return signatures


def _candidates(signatures: npt.NDArray[np.uint32]) -> tuple[_Ints, _Ints]:
    """Pairs of texts that share a band and enough of all hashes."""
    texts = len(signatures)
    found = [np.empty(0, np.int64)]
    for band in np.split(signatures, _BANDS, axis=1):  # (n, rows of a band)
        halves = np.ascontiguousarray(band).view(np.uint64)  # (n, 2)
        key = _mix(_mix(halves[:, 0]) ^ halves[:, 1])
        order = np.argsort(key, kind="stable")  # buckets, each in the order of the texts
        begins = np.diff(key[order], prepend=~key[order[:1]]) != 0
        bucket = np.cumsum(begins) - 1
        first_of_bucket = order[begins][bucket]
        for other in (first_of_bucket, np.roll(order, 1)):
            found.append((other * texts + order)[~begins])
    first, second = np.divmod(np.unique(np.concatenate(found)), max(texts, 1))
    worth = np.empty(len(first), bool)
    step = _AT_ONCE // _HASHES
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        agree = (signatures[first[part]] == signatures[second[part]]).mean(axis=1)
        worth[part] = agree >= _WORTH_COMPARING
    return first[worth], second[worth]


def _jaccard(shingles: _Shingles, first: _Ints, second: _Ints) -> npt.NDArray[np.float64]:
    """How much of their shingles the texts of each pair share, exactly: (p,)."""
    parts = []
    total = np.cumsum(shingles.sizes[first] + shingles.sizes[second])
    begin = 0
    while begin < len(first):
        done = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + _AT_ONCE)))
        left, left_owner = _distinct(shingles, first[begin:end])
        right, right_owner = _distinct(shingles, second[begin:end])
        shared = left_owner[np.isin(left, right, assume_unique=True)]
        both, ours, theirs = (
            np.bincount(owner, minlength=end - begin) for owner in (shared, left_owner, right_owner)
        )
        parts.append(both / (ours + theirs - both))
        begin = end
    return np.concatenate(parts) if parts else np.empty(0)


def _distinct(shingles: _Shingles, texts: _Ints) -> tuple[_Hashes, _Ints]:
    """Each text's shingles once, marked with the text's number, and these numbers."""
    owner, hashes = shingles.of(texts)
    # The step of SplitMix64. Mixing the number as the shingles are would make a text's number and a
    # word's the same value.
    marks = owner.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    marked, at = np.unique(hashes + marks, return_index=True)
    return marked, owner[at]
