"""Keras weights <-> `network.onnx`, the only file that holds weights.

The graph is built node by node because the LSTM must be told `sequence_lens`. Keras keeps an LSTM's
gates in the order i, f, c, o with a kernel (F, 4H); ONNX as i, o, f, c with weights (4H, F)
(https://onnx.ai/onnx/operators/onnx__LSTM.html).
"""

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from training import network
from training.config import ConfigError, NetworkConfig

Weights = dict[str, npt.NDArray[np.floating]]

_OPSET = 20
_IR_VERSION = 10


def to_weights(model: keras.Model, config: NetworkConfig, *, storage: str) -> Weights:
    """Take a Keras model's weights as the named initialisers of `network.onnx`.

    Args:
        storage: the floating-point type of the embedding, `float16` or `float32`.
    Returns:
        `embedding` (V, F); for each layer `lstm_k.W` (D, 4H, F), `lstm_k.R` (D, 4H, H) and
        `lstm_k.B` (D, 8H), with D directions; `head.W` (P, C) and `head.B` (C,).
    """
    weights: Weights = {"embedding": _values(model, "embedding")[0].astype(storage)}
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


def load_weights(model: keras.Model, config: NetworkConfig, weights: Weights) -> None:
    """Put the weights of `to_weights` into a Keras model of the same shapes."""
    model.get_layer("embedding").set_weights([weights["embedding"].astype(np.float32)])
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


def to_onnx(weights: Weights, config: NetworkConfig) -> bytes:
    """Build `network.onnx`: ids int32 (n, T) and lengths int32 (n,) -> logits float32 (n, C).

    The first nodes cut the ids to the longest length of the batch, so that padding costs nothing.
    """
    nodes = [
        helper.make_node("ReduceMax", ["lengths"], ["longest"], keepdims=1),  # (1,)
        helper.make_node("Slice", ["ids", "zero", "longest", "one"], ["cut"]),  # (n, L)
        helper.make_node("Transpose", ["cut"], ["timesteps"], perm=[1, 0]),  # (L, n)
        helper.make_node("Gather", ["embedding", "timesteps"], ["stored"]),  # (L, n, F)
        helper.make_node("Cast", ["stored"], ["sequence"], to=TensorProto.FLOAT),
    ]
    for number, units in enumerate(config.layers):
        nodes += _lstm(number, units, bidirectional=config.bidirectional)
    nodes += _pooling(config)
    nodes.append(helper.make_node("Gemm", ["pooled", "head.W", "head.B"], ["logits"]))  # (n, C)

    constants = {
        "zero": np.array([0], np.int32),
        "one": np.array([1], np.int32),
        "start": np.array(0, np.int32),
        "step": np.array(1, np.int32),
        "first_axis": np.array([0], np.int64),
        "second_axis": np.array([1], np.int64),
        "last_axis": np.array([2], np.int64),
        "merge_directions": np.array([0, 0, -1], np.int64),
        "merge_states": np.array([0, -1], np.int64),
        "lowest": np.array(-np.inf, np.float32),
        "nothing": np.array(0, np.float32),
    }
    used = {name for node in nodes for name in node.input}
    tensors = {**weights, **{name: value for name, value in constants.items() if name in used}}
    graph = helper.make_graph(
        nodes,
        "sentiment",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT32, ["n", "T"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["n"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(weights["head.B"])])],
        [numpy_helper.from_array(np.ascontiguousarray(tensors[name]), name) for name in tensors],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def from_onnx(data: bytes) -> Weights:
    """Read the weights back out of `network.onnx`, as `to_weights` gave them."""
    initializers = onnx.load_from_string(data).graph.initializer
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in initializers}
    return {
        name: value
        for name, value in weights.items()
        if name == "embedding" or name.startswith(("lstm_", "head."))
    }


def export_keras(directory: Path, output: Path) -> None:
    """Write a bundle's network as a Keras model, for those who go on from there by themselves.

    Raises:
        BundleError: the bundle cannot be used.
        ConfigError: the file's name does not end in `.keras`.
    """
    if output.suffix != ".keras":
        raise ConfigError(f"{output}: Keras writes files that end in .keras; name one so")
    bundle = bundles.load(directory)
    model, _ = from_bundle(bundle)
    model.save(output)


def from_bundle(bundle: Bundle) -> tuple[keras.Model, NetworkConfig]:
    """Rebuild a bundle's network in Keras, with its weights."""
    shape = bundle.manifest.network
    config = NetworkConfig(**{name: shape[name] for name in NetworkConfig.model_fields})
    model = network.build(
        config,
        vocabulary=shape["vocabulary"],
        features=shape["features"],
        classes=len(bundle.manifest.labels),
    )
    load_weights(model, config, from_onnx(bundle.network))
    return model, config


def _lstm(number: int, units: int, *, bidirectional: bool) -> list[onnx.NodeProto]:
    """One layer: `sequence` (L, n, F) -> `sequence` (L, n, D * H), `states_k` (D, n, H)."""
    source = "sequence" if number == 0 else f"sequence_{number}"
    target = f"sequence_{number + 1}"
    return [
        helper.make_node(
            "LSTM",
            [source, f"lstm_{number}.W", f"lstm_{number}.R", f"lstm_{number}.B", "lengths"],
            [f"outputs_{number}", f"states_{number}"],
            hidden_size=units,
            direction="bidirectional" if bidirectional else "forward",
        ),  # (L, D, n, H), (D, n, H)
        helper.make_node(
            "Transpose", [f"outputs_{number}"], [f"by_row_{number}"], perm=[0, 2, 1, 3]
        ),
        helper.make_node("Reshape", [f"by_row_{number}", "merge_directions"], [target]),
    ]


def _pooling(config: NetworkConfig) -> list[onnx.NodeProto]:
    """The last layer's outputs and states -> `pooled` (n, P), over the real timesteps alone."""
    number = len(config.layers) - 1
    sequence, states = f"sequence_{number + 1}", f"states_{number}"
    nodes: list[onnx.NodeProto] = []
    if {"max", "mean"} & set(config.pooling):
        nodes += [
            helper.make_node("Squeeze", ["longest", "first_axis"], ["limit"]),
            helper.make_node("Range", ["start", "limit", "step"], ["numbers"]),  # (L,)
            helper.make_node("Unsqueeze", ["numbers", "second_axis"], ["column"]),  # (L, 1)
            helper.make_node("Less", ["column", "lengths"], ["is_real"]),  # (L, n)
            helper.make_node("Unsqueeze", ["is_real", "last_axis"], ["mask"]),  # (L, n, 1)
        ]
    if "max" in config.pooling:
        nodes += [
            helper.make_node("Where", ["mask", sequence, "lowest"], ["candidates"]),
            helper.make_node("ReduceMax", ["candidates", "first_axis"], ["max"], keepdims=0),
        ]
    if "mean" in config.pooling:
        nodes += [
            helper.make_node("Where", ["mask", sequence, "nothing"], ["summands"]),
            helper.make_node("ReduceSum", ["summands", "first_axis"], ["sum"], keepdims=0),
            helper.make_node("Cast", ["lengths"], ["counts"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["counts", "second_axis"], ["divisor"]),  # (n, 1)
            helper.make_node("Div", ["sum", "divisor"], ["mean"]),
        ]
    if "last" in config.pooling:
        nodes += [
            helper.make_node("Transpose", [states], ["states"], perm=[1, 0, 2]),  # (n, D, H)
            helper.make_node("Reshape", ["states", "merge_states"], ["last"]),
        ]
    return [*nodes, helper.make_node("Concat", list(config.pooling), ["pooled"], axis=1)]


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
