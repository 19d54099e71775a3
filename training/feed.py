"""Batches as the tf.data sets that Keras reads."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.batches import Epochs, in_order, pad_to_longest


def to_learn(epochs: Epochs, *, after: int = 0) -> tf.data.Dataset:
    """Return ids int32 (n, T), targets float32 (n, K), weights float32 (n,), without end.

    With a fixed batch n is that number: `Epochs` fills up every batch, and the network is told so.

    Args:
        after: how many batches to leave out, which an interrupted run has read.
    """
    rows = epochs.fixed_batch
    return tf.data.Dataset.from_generator(
        lambda: epochs.after(after),
        output_signature=(
            tf.TensorSpec((rows, None), tf.int32),
            tf.TensorSpec((rows, epochs.columns), tf.float32),
            tf.TensorSpec((rows,), tf.float32),
        ),
    ).prefetch(4)


def to_predict(ids: Sequence[npt.NDArray[np.int32]], *, batch_tokens: int) -> tf.data.Dataset:
    """Return ids int32 (n, T), batch by batch, in the order given."""
    batches = in_order(ids, batch_tokens=batch_tokens)

    def padded() -> Iterator[npt.NDArray[np.int32]]:
        for batch in batches:
            yield pad_to_longest([ids[index] for index in batch])

    dataset = tf.data.Dataset.from_generator(
        padded, output_signature=tf.TensorSpec((None, None), tf.int32)
    )
    # Keras warns at the end of a dataset whose length it does not know.
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))
