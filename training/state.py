"""What a run has come to: what was prepared, what was learned; to named arrays and back."""

import json
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sentiment.tokenizer import Tokenizer
from training.vectors import Vectors

Values = list[npt.NDArray[Any]]
Arrays = dict[str, npt.NDArray[Any]]

_PARTS = ("network", "optimizer", "metrics", "best")


@dataclass(frozen=True, eq=False)
class State:
    """What learning has come to after `step` batches.

    Which batches come next needs no random state: those of a seed are the same each time.

    Args:
        network: values of the network's variables: the weights, and the random states of dropout,
            which Keras counts among them.
        optimizer: values of its variables: moments, step, and the weights' moving average.
        metrics: the sums that an epoch's loss is the mean of.
        best: the weights of the best epoch.
        history: what each epoch measured.
    """

    step: int
    network: Values
    optimizer: Values
    metrics: Values
    best: Values
    history: list[dict[str, float]]

    @classmethod
    def of(cls, model: keras.Model, *, best: Values, history: list[dict[str, float]]) -> "State":
        """Copy a model's state between two batches."""
        return cls(
            step=steps_done(model),
            network=[variable.numpy() for variable in model.variables],
            optimizer=[variable.numpy() for variable in model.optimizer.variables],
            metrics=[variable.numpy() for variable in model.metrics_variables],
            best=best,
            history=history,
        )

    def put(self, model: keras.Model) -> None:
        """Bring a compiled model to this state, but for its metrics."""
        model.optimizer.build(model.trainable_variables)
        _assign(model.variables, self.network)
        _assign(model.optimizer.variables, self.optimizer)

    def put_metrics(self, model: keras.Model) -> None:
        """Bring a model's metrics to this state; Keras empties them where an epoch begins."""
        _assign(model.metrics_variables, self.metrics)

    def to_arrays(self) -> Arrays:
        """Give all of it, by name."""
        arrays = {"step": np.array(self.step), "history": np.array(json.dumps(self.history))}
        for part in _PARTS:
            for number, value in enumerate(getattr(self, part)):
                arrays[f"{part}.{number}"] = value
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "State":
        """Read what `to_arrays` gave; other names are not looked at.

        Raises:
            KeyError, ValueError: it is not there, or no such thing.
        """
        parts = {part: _numbered(arrays, part) for part in _PARTS}
        return cls(int(arrays["step"]), history=json.loads(str(arrays["history"])), **parts)


def steps_done(model: keras.Model) -> int:
    """Return how many batches a compiled model has learned from."""
    return int(model.optimizer.iterations.numpy())


def _assign(variables: list[keras.Variable], values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _numbered(arrays: Arrays, part: str) -> Values:
    names = takewhile(arrays.__contains__, (f"{part}.{number}" for number in count()))
    return [arrays[name] for name in names]


@dataclass(eq=False)
class Prepared:
    """What is made before learning begins, and would take long, or come out differently, again.

    Each is None until it is made, and where a run needs none.

    Args:
        start: the vectors (V, F) that the embedding starts from.
        opinions: float32 (m, C), what teachers say of the unlabelled texts.
    """

    tokenizer: Tokenizer | None = None
    start: Vectors | None = None
    opinions: npt.NDArray[np.float32] | None = None

    def to_arrays(self) -> Arrays:
        """Give what is made, by name."""
        arrays: Arrays = {}
        if self.tokenizer is not None:
            arrays["tokenizer"] = np.array(self.tokenizer.to_json())
        if self.start is not None:
            arrays["start"] = self.start.values
            arrays["coverage"] = np.array(json.dumps(self.start.coverage))
        if self.opinions is not None:
            arrays["opinions"] = self.opinions
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Prepared":
        """Read what `to_arrays` gave; other names are not looked at."""
        prepared = cls(opinions=arrays.get("opinions"))
        if "tokenizer" in arrays:
            prepared.tokenizer = Tokenizer.from_json(str(arrays["tokenizer"]))
        if "start" in arrays:
            prepared.start = Vectors(arrays["start"], json.loads(str(arrays["coverage"])))
        return prepared
