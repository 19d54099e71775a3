"""Going on from a bundle: its head and its extra features, fitted to what is new."""

from collections.abc import Sequence

import numpy as np

from sentiment.task import Classification, Regression, Task
from training.features import Features
from training.graph import Weights


def head_between(weights: Weights, old: Task, new: Task, *, seed: int) -> None:
    """Replace the head in place by one for a new task.

    One of classes is fitted by `head_for`; that of a regression says the same values on the new
    scale; and where the task is another one, the new head starts near zero.
    """
    if isinstance(old, Classification) and isinstance(new, Classification):
        head_for(weights, old.labels, new.labels, seed=seed)
    elif isinstance(old, Regression) and isinstance(new, Regression):
        weights["head.W"] = weights["head.W"] * np.float32(old.deviation / new.deviation)
        value = old.mean + old.deviation * weights["head.B"]
        weights["head.B"] = ((value - new.mean) / new.deviation).astype(np.float32)
    else:
        rows, kind = len(weights["head.W"]), weights["head.W"].dtype
        drawn = np.random.default_rng(seed).normal(0, 0.01, (rows, new.columns))
        weights["head.W"], weights["head.B"] = drawn.astype(kind), np.zeros(new.columns, kind)


def head_for(
    weights: Weights, old_labels: Sequence[str], new_labels: Sequence[str], *, seed: int
) -> None:
    """Replace the head in place by one for other labels.

    A class of the same name keeps its weights; a new one starts near zero. Two classes share one
    unit, the log odds of the second, so a base's two columns become their difference.

    Args:
        weights: as `graph.from_onnx` gives them.
        old_labels: the base's labels, in its order.
        new_labels: the new model's.
    """
    kernel, bias = weights["head.W"], weights["head.B"]  # (P, C), (C,) or (P, 1), (1,)
    if len(old_labels) == 2:
        kernel = np.concatenate([np.zeros_like(kernel), kernel], axis=1)
        bias = np.concatenate([np.zeros_like(bias), bias])
    random = np.random.default_rng(seed)
    new_kernel = random.normal(0, 0.01, (len(kernel), len(new_labels))).astype(kernel.dtype)
    new_bias = np.zeros(len(new_labels), bias.dtype)
    for column, label in enumerate(new_labels):
        if label in old_labels:
            new_kernel[:, column] = kernel[:, old_labels.index(label)]
            new_bias[column] = bias[old_labels.index(label)]
    if len(new_labels) == 2:
        new_kernel = new_kernel[:, 1:] - new_kernel[:, :1]
        new_bias = new_bias[1:] - new_bias[:1]
    weights["head.W"], weights["head.B"] = new_kernel, new_bias


def features_for(weights: Weights, old: Sequence[str], extra: Features) -> Features:
    """Give a base's embedding extra features in place.

    Those of a name that the base has replace its own; a new one is added behind them, with a
    kernel of zeros in the first LSTM layer, so that at first the answers are the base's. What the
    base has beside them stays.

    Args:
        old: the names of the base's extra features, the last columns of its embedding.
    Returns:
        All that the embedding then has.
    """
    table, kernel = weights["embedding"], weights["lstm_0.W"]  # (V, F), (D, 4H, F)
    added = [name for name in extra.names if name not in old]
    names = (*old, *added)
    table = np.pad(table, [(0, 0), (0, len(added))])
    weights["lstm_0.W"] = np.pad(kernel, [(0, 0), (0, 0), (0, len(added))])
    last = table[:, table.shape[1] - len(names) :]  # (V, K), a view
    for name, column in zip(extra.names, extra.values.T, strict=True):
        last[:, names.index(name)] = column
    weights["embedding"] = table
    return Features(names, last.astype(np.float32))
