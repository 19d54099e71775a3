"""The network, in Keras: embedding (n, T, F) -> LSTM stack -> pooling -> head (n, C)."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from training.config import NetworkConfig, Pooling


@keras.saving.register_keras_serializable("sentiment")
class MaskedPooling(layers.Layer):
    """Summarise each row over its real timesteps: (n, T, H) -> (n, H for each kind).

    Args:
        kinds: `mean` over the real timesteps; `max` over them, and 0 where all are less, as of
            rectified features (Kim 2014); `last`, the state that the LSTM ends in: its output at
            the last real timestep, and for the backward half (which reads from the end) at the
            first.
        bidirectional: whether the second half of H was read backwards.
    """

    def __init__(self, kinds: tuple[Pooling, ...], *, bidirectional: bool, **options: Any) -> None:
        super().__init__(**options)
        self.kinds = tuple(kinds)
        self.bidirectional = bidirectional
        self.supports_masking = True

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "kinds": list(self.kinds),
            "bidirectional": self.bidirectional,
        }

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None  # no timesteps are left to mask

    def call(self, x: Any, mask: Any = None) -> Any:
        if mask is None:
            mask = ops.ones(ops.shape(x)[:2], "bool")
        return ops.concatenate([getattr(self, f"_{kind}")(x, mask) for kind in self.kinds], axis=-1)

    def _max(self, x: Any, mask: Any) -> Any:
        return ops.max(ops.where(mask[..., None], x, 0), axis=1, initial=0)  # (n, H)

    def _mean(self, x: Any, mask: Any) -> Any:
        weights = ops.cast(mask, x.dtype)[..., None]  # (n, T, 1)
        return ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)  # (n, H)

    def _last(self, x: Any, mask: Any) -> Any:
        real = ops.cast(mask, "int32")
        first = ops.argmax(real, axis=1)  # (n,)
        last = ops.shape(x)[1] - 1 - ops.argmax(ops.flip(real, axis=1), axis=1)  # (n,)
        if not self.bidirectional:
            return _at(x, last)
        forward, backward = ops.split(x, 2, axis=-1)  # each (n, T, H / 2)
        return ops.concatenate([_at(forward, last), _at(backward, first)], axis=-1)


@keras.saving.register_keras_serializable("sentiment")
class WideEmbedding(layers.Layer):
    """Vectors that learn, and beside them K features that do not: ids (n, T) -> (n, T, F).

    Args:
        vocabulary: V.
        features: F, the vectors' own and the K.
        extra: K.
    """

    def __init__(self, vocabulary: int, features: int, extra: int, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = (vocabulary, features, extra)
        self.vectors = layers.Embedding(vocabulary, features - extra, mask_zero=True)
        self.extra = layers.Embedding(
            vocabulary, extra, embeddings_initializer="zeros", trainable=False
        )
        self.supports_masking = True

    def get_config(self) -> dict[str, Any]:
        names = ("vocabulary", "features", "extra")
        return {**super().get_config(), **dict(zip(names, self.sizes, strict=True))}

    def build(self, shape: Any) -> None:
        self.vectors.build(shape)
        self.extra.build(shape)

    def compute_mask(self, ids: Any, previous_mask: Any = None) -> Any:
        return self.vectors.compute_mask(ids)  # (n, T)

    def call(self, ids: Any) -> Any:
        return ops.concatenate([self.vectors(ids), self.extra(ids)], axis=-1)


@keras.saving.register_keras_serializable("sentiment")
class VectorDropout(layers.Layer):
    """Drop features of the vectors, whole rows at a time, and none of the K beside them.

    Args:
        rate: the share that is dropped.
        extra: K.
    """

    def __init__(self, rate: float, extra: int, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate
        self.extra = extra
        self.dropout = layers.SpatialDropout1D(rate)
        self.supports_masking = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "extra": self.extra}

    def build(self, shape: Any) -> None:
        self.dropout.build((*shape[:-1], shape[-1] - self.extra))

    def call(self, x: Any, training: bool | None = None) -> Any:
        vectors, extra = x[..., : -self.extra], x[..., -self.extra :]
        return ops.concatenate([self.dropout(vectors, training=training), extra], axis=-1)


def build(
    config: NetworkConfig, *, vocabulary: int, features: int, columns: int, extra: int = 0
) -> keras.Model:
    """Build the network, untrained.

    Args:
        vocabulary: V, rows of the embedding.
        features: F of each timestep, the extra ones among them.
        extra: how many of the features are fixed, and never dropped: the last ones.
        columns: K of the outputs: logits, of two classes the log odds of the second alone; or the
            value of a regression.
    Returns:
        A model of ids, int32 (n, T), to outputs, float32 (n, K). Rows may be padded on
        either side: the padding's id is 0, which `mask_zero` keeps from the LSTM's state.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")  # (n, T)
    if extra:
        x = WideEmbedding(vocabulary, features, extra, name="embedding")(ids)  # (n, T, F)
        x = VectorDropout(config.embedding_dropout, extra)(x)
    else:
        x = layers.Embedding(vocabulary, features, mask_zero=True, name="embedding")(ids)
        x = layers.SpatialDropout1D(config.embedding_dropout)(x)
    return keras.Model(ids, _answer(x, {}, config, columns))


def embedding(model: keras.Model) -> npt.NDArray[np.float32]:
    """Return the embedding's table, float32 (V, F), the extra features in its last columns."""
    return np.concatenate(model.get_layer("embedding").get_weights(), axis=1)


def set_embedding(model: keras.Model, table: npt.NDArray[np.floating]) -> None:
    """Put such a table in."""
    layer = model.get_layer("embedding")
    first, *others = (part.shape[1] for part in layer.get_weights())
    layer.set_weights(np.split(table.astype(np.float32), [first] if others else [], axis=1))


def build_numeric(config: NetworkConfig, *, features: int, classes: int) -> keras.Model:
    """Build the same network without an embedding and its dropout, for tensors of numbers.

    Returns:
        A model of float32 (n, T, F) and a mask, bool (n, T), to logits. n and T are free at each
        call.
    """
    tensor = keras.Input((None, features), name="tensor")  # (n, T, F)
    mask = keras.Input((None,), dtype="bool", name="mask")  # (n, T)
    return keras.Model([tensor, mask], _answer(tensor, {"mask": mask}, config, columns_of(classes)))


def with_fixed_batch(model: keras.Model, rows: int) -> keras.Model:
    """Pin n, which is free in a model, by `batch_shape`. The two share their weights.

    Keras itself does not refuse a batch of another size in `fit` and `predict`. Who feeds the model
    keeps to it, as `batches.Epochs` does, or checks, as `tensor.numeric.predict` does.
    """

    def pinned(entry: Any) -> Any:
        return keras.Input(batch_shape=(rows, *entry.shape[1:]), dtype=entry.dtype, name=entry.name)

    inputs = keras.tree.map_structure(pinned, model.input)
    return keras.Model(inputs, model(inputs))


def _answer(x: Any, mask: dict[str, Any], config: NetworkConfig, columns: int) -> Any:
    """LSTM stack, pooling, head: (n, T, F) -> outputs (n, K).

    Args:
        mask: the argument `mask` of the layers, where `x` does not carry one.
    """
    for number, units in enumerate(config.layers):
        if number:
            x = layers.SpatialDropout1D(config.dropout)(x)
        lstm = layers.LSTM(units, return_sequences=True, name=f"lstm_{number}")
        if config.bidirectional:
            lstm = layers.Bidirectional(lstm, name=f"bidirectional_{number}")
        x = lstm(x, **mask)  # (n, T, H)
    pooling = MaskedPooling(config.pooling, bidirectional=config.bidirectional, name="pooling")
    # A unit is dropped at all timesteps or at none (Gal and Ghahramani 2016), so after the pooling
    # is soon enough, and a random number for each timestep would cost a fifth of a step.
    pooled = layers.Dropout(config.dropout)(pooling(x, **mask))
    return layers.Dense(columns, name="head")(pooled)  # (n, K)


def columns_of(classes: int) -> int:
    """Return how many logits C classes take: one for two, else one each."""
    return 1 if classes == 2 else classes


def _at(x: Any, index: Any) -> Any:
    """Take one timestep of each row: (n, T, H), (n,) -> (n, H)."""
    return ops.squeeze(ops.take_along_axis(x, index[:, None, None], axis=1), axis=1)
