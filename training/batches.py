"""Length-bucketed batches (n, T) for Keras, so that little of what is computed is padding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sentiment.pipeline import pad

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
    """The batches of one epoch after another, each shuffled anew from one seed."""

    def __init__(self, rows: Rows, *, batch_size: int, batch_tokens: int, seed: int) -> None:
        self._rows = rows
        self._size = batch_size
        self._tokens = batch_tokens
        self._lengths = np.fromiter(map(len, rows.ids), np.int32, len(rows.ids))
        self._random = np.random.default_rng(seed)

    def steps(self) -> int:
        """Return about how many batches an epoch has, and 1 where small weights may give none."""
        return max(1, sum(1 for _ in self._cut(np.random.default_rng(0))))

    def dataset(self) -> tf.data.Dataset:
        """Return ids int32 (n, T), targets float32 (n, K), weights float32 (n,), without end."""
        return tf.data.Dataset.from_generator(
            self._batches,
            output_signature=(
                tf.TensorSpec((None, None), tf.int32),
                tf.TensorSpec((None, self._rows.targets.shape[1]), tf.float32),
                tf.TensorSpec((None,), tf.float32),
            ),
        ).prefetch(4)

    def _batches(self) -> Iterator[tuple[npt.NDArray, npt.NDArray, npt.NDArray]]:
        while True:
            for batch in self._cut(self._random):
                yield (
                    pad_to_longest([self._rows.ids[i] for i in batch]),
                    self._rows.targets[batch],
                    self._rows.weights[batch],
                )

    def _cut(self, random: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        repeats = self._rows.repeats
        times = repeats.astype(np.int64) + (random.random(len(repeats)) < repeats % 1)
        order = random.permutation(np.repeat(np.arange(len(repeats)), times))
        for start in range(0, len(order), _POOL):
            pool = order[start : start + _POOL]
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


def pad_to_longest(rows: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    """Pad a batch's rows to the longest of them: int32 (n, T). Masked, T changes no answer."""
    ids, _ = pad(rows, max(map(len, rows)))
    return ids


def in_order(ids: Sequence[npt.NDArray[np.int32]], *, batch_tokens: int) -> tf.data.Dataset:
    """Return ids int32 (n, T), batch by batch, in the order given."""
    starts = [0]
    longest = 0
    for index, row in enumerate(ids):
        longest = max(longest, len(row))
        if index > starts[-1] and longest * (index - starts[-1] + 1) > batch_tokens:
            starts.append(index)
            longest = len(row)
    bounds = list(zip(starts, [*starts[1:], len(ids)], strict=True))

    def batches() -> Iterator[npt.NDArray[np.int32]]:
        for start, end in bounds:
            yield pad_to_longest(ids[start:end])

    dataset = tf.data.Dataset.from_generator(
        batches, output_signature=tf.TensorSpec((None, None), tf.int32)
    )
    # Keras warns at the end of a dataset whose length it does not know.
    return dataset.apply(tf.data.experimental.assert_cardinality(len(bounds)))
