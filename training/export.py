"""Keras weights <-> the named weights of `network.onnx`.

Keras keeps an LSTM's gates in the order i, f, c, o with a kernel (F, 4H); ONNX as i, o, f, c with
weights (4H, F) (https://onnx.ai/onnx/operators/onnx__LSTM.html).
"""

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from sentiment import bundle as bundles
from sentiment import task as tasks
from sentiment.bundle import Bundle
from training import network
from training.config import ConfigError, NetworkConfig
from training.graph import Weights, from_onnx


def to_weights(model: keras.Model, config: NetworkConfig, *, storage: str) -> Weights:
    """Take a Keras model's weights as the named initialisers of `network.onnx`.

    Args:
        storage: the floating-point type of the embedding, `float16` or `float32`.
    Returns:
        `embedding` (V, F); for each layer `lstm_k.W` (D, 4H, F), `lstm_k.R` (D, 4H, H) and
        `lstm_k.B` (D, 8H), with D directions; `head.W` (P, C) and `head.B` (C,).
    """
    weights: Weights = {"embedding": network.embedding(model).astype(storage)}
    for number in range(len(config.layers)):
        values = _values(model, _layer_name(config, number))
        directions = [values[start : start + 3] for start in range(0, len(values), 3)]
        weights[f"lstm_{number}.W"] = np.stack([_to_onnx(kernel).T for kernel, _, _ in directions])
        weights[f"lstm_{number}.R"] = np.stack([_to_onnx(kernel).T for _, kernel, _ in directions])
        weights[f"lstm_{number}.B"] = np.stack(
            [np.concatenate([_to_onnx(bias), np.zeros_like(bias)]) for _, _, bias in directions]
        )
    weights["head.W"], weights["head.B"] = _values(model, "head")
    return weights


def to_keras(
    weights: Weights, config: NetworkConfig, *, columns: int, extra: int = 0
) -> keras.Model:
    """Build the Keras model of the named weights.

    Args:
        columns, extra: as for `network.build`.
    """
    vocabulary, features = weights["embedding"].shape
    model = network.build(
        config, vocabulary=vocabulary, features=features, columns=columns, extra=extra
    )
    load_weights(model, config, weights)
    return model


def load_weights(model: keras.Model, config: NetworkConfig, weights: Weights) -> None:
    """Put the weights of `to_weights` into a Keras model of the same shapes."""
    network.set_embedding(model, weights["embedding"])
    for number in range(len(config.layers)):
        input_weights, recurrent, bias = (weights[f"lstm_{number}.{part}"] for part in "WRB")
        values = []
        for direction in range(len(bias)):
            half = bias.shape[1] // 2
            values += [
                _to_keras(input_weights[direction].T),
                _to_keras(recurrent[direction].T),
                _to_keras(bias[direction, :half] + bias[direction, half:]),
            ]
        model.get_layer(_layer_name(config, number)).set_weights(values)
    model.get_layer("head").set_weights([weights["head.W"], weights["head.B"]])


def export_keras(directory: Path, output: Path) -> None:
    """Write a bundle's network as a Keras model, for those who go on from there by themselves.

    To read it: `import training.network`, which names its layers to Keras, and then
    `keras.saving.load_model(output)`. Its answers are logits.

    Raises:
        BundleError: the bundle cannot be used.
        ConfigError: the file's name does not end in `.keras`, or it cannot be written.
    """
    if output.suffix != ".keras":
        raise ConfigError(f"{output}: Keras writes files that end in .keras; name one so")
    if not output.parent.is_dir():
        raise ConfigError(f"{output}: there is no folder {output.parent}; make it first")
    bundle = bundles.load(directory)
    model, _ = from_bundle(bundle)
    try:
        model.save(output)
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written: {error.strerror or error}") from None


def network_config(bundle: Bundle) -> NetworkConfig:
    """Return the configuration that a bundle's network was built from."""
    shape = bundle.manifest.network
    return NetworkConfig(**{name: shape[name] for name in NetworkConfig.model_fields})


def extra_features(bundle: Bundle) -> tuple[str, ...]:
    """Return the names of the embedding's last columns, which are extra features."""
    return tuple(bundle.manifest.network.get("extra_features", ()))  # older ones had none


def from_bundle(bundle: Bundle) -> tuple[keras.Model, NetworkConfig]:
    """Rebuild a bundle's network in Keras, with its weights."""
    config = network_config(bundle)
    model = to_keras(
        from_onnx(bundle.network),
        config,
        columns=tasks.of(bundle.manifest).columns,
        extra=len(extra_features(bundle)),
    )
    return model, config


def _to_onnx(values: npt.NDArray) -> npt.NDArray:
    """Gates along the last axis from Keras' order to ONNX's."""
    i, f, c, o = np.split(values, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)


def _to_keras(values: npt.NDArray) -> npt.NDArray:
    i, o, f, c = np.split(values, 4, axis=-1)
    return np.concatenate([i, f, c, o], axis=-1)


def _values(model: keras.Model, layer: str) -> list[npt.NDArray[np.float32]]:
    values: list[npt.NDArray[np.float32]] = model.get_layer(layer).get_weights()
    return values


def _layer_name(config: NetworkConfig, number: int) -> str:
    return f"bidirectional_{number}" if config.bidirectional else f"lstm_{number}"
