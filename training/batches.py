"""Length-bucketed batches (n, T), so that little of what is computed is padding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from sentiment.pipeline import pad
from sentiment.tokenizer import PAD_ID, UNKNOWN_ID

# ids int32 (n, T), targets float32 (n, K), weights float32 (n,)
Batch = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.float32]]

# Batches are cut from pools of this many rows, sorted by length within a pool: enough for rows of
# like length to meet, few enough that an epoch stays shuffled.
_POOL = 4096


@dataclass(frozen=True)
class Rows:
    """n examples, ready to be batched.

    Args:
        ids: n ragged rows of token ids.
        targets: float32 (n, K): what the network's K output columns should say.
        weights: float32 (n,): what each row counts in the loss.
        repeats: float32 (n,): how often an epoch reads each row; 0.5 reads it every other time.
    """

    ids: Sequence[npt.NDArray[np.int32]]
    targets: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    repeats: npt.NDArray[np.float32]


class Epochs:
    """The batches of one epoch after another, each shuffled anew, and always the same for a seed.

    Args:
        batch_size: rows of a batch, at most.
        batch_tokens: n x T of a batch, at most.
        word_dropout: the share of the tokens that each reading makes unknown.
        padding: the side that is padded.
        fixed_batch: rows of every batch, whatever the two limits say. The rows that an epoch ends
            with are filled up with some of them again, at a weight of 0.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        batch_size: int,
        batch_tokens: int,
        seed: int,
        word_dropout: float = 0.0,
        padding: Literal["pre", "post"] = "post",
        fixed_batch: int | None = None,
    ) -> None:
        self._rows = rows
        self._word_dropout = word_dropout
        self._padding = padding
        self.fixed_batch = fixed_batch
        self._size = fixed_batch or batch_size
        self._tokens = np.inf if fixed_batch else batch_tokens
        # whole batches in a pool, so that the last one alone is filled up
        self._pool = max(_POOL // fixed_batch, 1) * fixed_batch if fixed_batch else _POOL
        self._lengths = np.fromiter(map(len, rows.ids), np.int32, len(rows.ids))
        self._seed = seed

    @property
    def columns(self) -> int:
        """K, the columns of the targets."""
        return int(self._rows.targets.shape[1])

    def steps(self) -> int:
        """Return about how many batches an epoch has, and 1 where small weights may give none."""
        return max(1, sum(1 for _ in self._cut(np.random.default_rng(0))))

    def tokens(self) -> float:
        """Return how many real tokens an epoch reads, on average."""
        return float(self._lengths @ self._rows.repeats)

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches without end, from the first."""
        random = np.random.default_rng(self._seed)
        while True:
            for batch in self._cut(random):
                rows = np.resize(batch, self.fixed_batch or len(batch))  # filled up with its own
                weights = self._rows.weights[rows]
                weights[len(batch) :] = 0
                ids = pad_to_longest([self._rows.ids[i] for i in rows], padding=self._padding)
                yield (
                    self._drop_words(ids, random),
                    self._rows.targets[rows],
                    weights,
                )

    def after(self, batches: int) -> Iterator[Batch]:
        """Yield batches without end, those that come after the first so many."""
        return islice(self, batches, None)

    def _drop_words(
        self, ids: npt.NDArray[np.int32], random: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """Make a share of the real tokens unknown: no answer should hang on one word."""
        if not self._word_dropout:
            return ids
        dropped = (random.random(ids.shape) < self._word_dropout) & (ids != PAD_ID)
        return np.where(dropped, np.int32(UNKNOWN_ID), ids)

    def _cut(self, random: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        repeats = self._rows.repeats
        times = repeats.astype(np.int64) + (random.random(len(repeats)) < repeats % 1)
        order = random.permutation(np.repeat(np.arange(len(repeats)), times))
        for start in range(0, len(order), self._pool):
            pool = order[start : start + self._pool]
            batches = list(self._bucket(pool[np.argsort(self._lengths[pool], kind="stable")]))
            random.shuffle(batches)
            yield from batches

    def _bucket(self, sorted_rows: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
        """Cut rows of growing length into batches of at most so many rows and tokens."""
        start = 0
        for end in range(1, len(sorted_rows) + 1):
            full = end - start >= self._size
            if end < len(sorted_rows):
                tokens = (end - start + 1) * int(self._lengths[sorted_rows[end]])
                full = full or tokens > self._tokens
            if full or end == len(sorted_rows):
                yield sorted_rows[start:end]
                start = end


def pad_to_longest(
    rows: Sequence[npt.NDArray[np.int32]], *, padding: Literal["pre", "post"] = "post"
) -> npt.NDArray[np.int32]:
    """Pad a batch's rows to the longest of them: int32 (n, T). Masked, T changes no answer."""
    ids, _ = pad(rows, max(map(len, rows)), padding=padding)
    return ids


def in_order(
    ids: Sequence[npt.NDArray[np.int32]], *, batch_tokens: int
) -> list[npt.NDArray[np.int64]]:
    """Cut n ragged rows, in the order given, into batches: the rows' numbers of each."""
    starts = [0]
    longest = 0
    for index, row in enumerate(ids):
        longest = max(longest, len(row))
        if index > starts[-1] and longest * (index - starts[-1] + 1) > batch_tokens:
            starts.append(index)
            longest = len(row)
    return [
        np.arange(start, end) for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)
    ]
