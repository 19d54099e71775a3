"""A run that can be gone on from: all that it has come to, in one file beside the model."""

import json
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sentiment.tokenizer import Tokenizer
from training.config import ConfigError
from training.differences import differences
from training.files import replacing
from training.vectors import Vectors

logger = logging.getLogger(__name__)

NAME = "checkpoint.npz"
MINUTES = 10.0

Values = list[npt.NDArray[Any]]

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


def steps_done(model: keras.Model) -> int:
    """Return how many batches a compiled model has learned from."""
    return int(model.optimizer.iterations.numpy())


def _assign(variables: list[keras.Variable], values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


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

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give what is made, by name."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        if self.tokenizer is not None:
            arrays["tokenizer"] = np.array(self.tokenizer.to_json())
        if self.start is not None:
            arrays["start"] = self.start.values
            arrays["coverage"] = np.array(json.dumps(self.start.coverage))
        if self.opinions is not None:
            arrays["opinions"] = self.opinions
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Prepared":
        """Read what `to_arrays` gave; other names are not looked at."""
        prepared = cls(opinions=arrays.get("opinions"))
        if "tokenizer" in arrays:
            prepared.tokenizer = Tokenizer.from_json(str(arrays["tokenizer"]))
        if "start" in arrays:
            prepared.start = Vectors(arrays["start"], json.loads(str(arrays["coverage"])))
        return prepared


@dataclass(eq=False)
class Checkpoint:
    """The file of one run.

    Args:
        run: what makes it another run: its configuration, the hashes of its data and its base,
            the libraries.
        minutes: how often it is written within an epoch; 0 writes it after every batch.
        state: the last that was written or read.
    """

    path: Path
    run: dict[str, Any]
    minutes: float = MINUTES
    prepared: Prepared = field(default_factory=Prepared)
    state: State | None = None

    def read(self) -> None:
        """Take over what an interrupted run has come to.

        Raises:
            ConfigError: there is no file, it cannot be read, or it is of another run; the message
                says what differs.
        """
        if not self.path.exists():
            raise ConfigError(
                f"--resume: there is no {self.path}. A run writes it at the end of its first "
                "epoch, and removes it when its model is saved."
            )
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            about = json.loads(str(arrays["about"]))
            before, step, history = about["run"], about["step"], about["history"]
            prepared = Prepared.from_arrays(arrays)
            parts = {part: _numbered(arrays, part) for part in _PARTS}
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ConfigError(
                f"{self.path}: cannot be read as a checkpoint ({error}). "
                "Start again without --resume."
            ) from None
        if changes := list(differences(before, self.run)):
            raise ConfigError(
                "\n  ".join([f"{self.path} is of another run:", *changes])
                + "\nGive it what it had, or start again without --resume."
            )
        self.prepared, self.state = prepared, State(step=step, history=history, **parts)

    def write(self, state: State) -> None:
        """Replace the file by this state, wholly or not at all.

        A disk that is full ends no run: that is said, and learning goes on.
        """
        about = {"run": self.run, "step": state.step, "history": state.history}
        arrays = {"about": np.array(json.dumps(about)), **self.prepared.to_arrays()}
        for part in _PARTS:
            for number, value in enumerate(getattr(state, part)):
                arrays[f"{part}.{number}"] = value
        try:
            with replacing(self.path) as file:
                np.savez(file, **arrays)
        except OSError as error:
            logger.warning("%s: no checkpoint could be written: %s", self.path, error.strerror)
        else:
            self.state = state

    def remove(self) -> None:
        """Remove the file that this run wrote or read: its model is saved."""
        if self.state is not None:
            self.path.unlink(missing_ok=True)


def _numbered(arrays: Mapping[str, npt.NDArray[Any]], part: str) -> Values:
    names = takewhile(arrays.__contains__, (f"{part}.{number}" for number in count()))
    return [arrays[name] for name in names]
