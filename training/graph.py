"""`network.onnx`, the only file that holds weights: built of named weights, and read back.

The graph is built node by node because the LSTM must be told `sequence_lens`. Keras has no part in
it: `export` brings its weights to the names and layouts used here.
"""

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.config import NetworkConfig

# The initialisers by name: `embedding` (V, F); for each layer `lstm_k.W` (D, 4H, F), `lstm_k.R`
# (D, 4H, H) and `lstm_k.B` (D, 8H), with D directions and the gates in the order i, o, f, c;
# `head.W` (P, C) and `head.B` (C,).
Weights = dict[str, npt.NDArray[np.floating]]

_OPSET = 20
_IR_VERSION = 10


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
        if number > 0:
            nodes += _merged(number)
        nodes += _lstm(number, units, bidirectional=config.bidirectional)
    nodes += _pooling(config)
    nodes.append(helper.make_node("Gemm", ["pooled", "head.W", "head.B"], ["logits"]))  # (n, C)

    constants = {
        "zero": np.array([0], np.int32),
        "one": np.array([1], np.int32),
        "first_axis": np.array([0], np.int64),
        "second_axis": np.array([1], np.int64),
        "merge_directions": np.array([0, 0, -1], np.int64),
        "merge_parts": np.array([0, -1], np.int64),
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
    """Read the weights back out of `network.onnx`, as `to_onnx` was given them."""
    initializers = onnx.load_from_string(data).graph.initializer
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in initializers}
    return {
        name: value
        for name, value in weights.items()
        if name == "embedding" or name.startswith(("lstm_", "head."))
    }


def _lstm(number: int, units: int, *, bidirectional: bool) -> list[onnx.NodeProto]:
    """One layer: its input -> `outputs_k` (L, D, n, H), `states_k` (D, n, H)."""
    return [
        helper.make_node(
            "LSTM",
            [
                "sequence" if number == 0 else f"sequence_{number}",
                f"lstm_{number}.W",
                f"lstm_{number}.R",
                f"lstm_{number}.B",
                "lengths",
            ],
            [f"outputs_{number}", f"states_{number}"],
            hidden_size=units,
            direction="bidirectional" if bidirectional else "forward",
        )
    ]


def _merged(number: int) -> list[onnx.NodeProto]:
    """One layer's outputs -> the next one's input, `sequence_k` (L, n, D * H)."""
    return [
        helper.make_node(
            "Transpose", [f"outputs_{number - 1}"], [f"by_row_{number}"], perm=[0, 2, 1, 3]
        ),
        helper.make_node(
            "Reshape", [f"by_row_{number}", "merge_directions"], [f"sequence_{number}"]
        ),
    ]


def _pooling(config: NetworkConfig) -> list[onnx.NodeProto]:
    """The last layer's outputs and states -> `pooled` (n, P), over the real timesteps alone.

    The directions stay apart until nothing is left of the timesteps: it is quicker to bring the
    few numbers that are pooled into the order of `head.W` than the whole sequence.
    """
    number = len(config.layers) - 1
    outputs, parts = f"outputs_{number}", {"last": f"states_{number}"}  # each part is (D, n, H)
    nodes: list[onnx.NodeProto] = []
    # What ONNX Runtime's LSTM gives for the padding is 0, which moves neither of the two.
    if "max" in config.pooling:
        parts["max"] = "max"
        nodes += [
            helper.make_node("ReduceMax", [outputs, "first_axis"], ["highest"], keepdims=0),
            helper.make_node("Relu", ["highest"], ["max"]),
        ]
    if "mean" in config.pooling:
        parts["mean"] = "mean"
        nodes += [
            helper.make_node("ReduceSum", [outputs, "first_axis"], ["sum"], keepdims=0),
            helper.make_node("Unsqueeze", ["lengths", "second_axis"], ["ends"]),  # (n, 1)
            helper.make_node("Cast", ["ends"], ["counts"], to=TensorProto.FLOAT),
            helper.make_node("Div", ["sum", "counts"], ["mean"]),
        ]
    return [
        *nodes,
        helper.make_node("Concat", [parts[name] for name in config.pooling], ["parts"], axis=0),
        helper.make_node("Transpose", ["parts"], ["parts_by_row"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["parts_by_row", "merge_parts"], ["pooled"]),
    ]
