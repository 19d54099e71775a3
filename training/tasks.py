"""What is learned, by the task: targets, loss, calibration, and what a bundle says of it."""

from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from sentiment.bundle import FORMATS, Golden, GoldenValue, Scale
from sentiment.prediction import TaskName
from sentiment.task import Classification, Regression, Task
from training.batches import Rows
from training.config import FitConfig
from training.encode import labelled_rows
from training.evaluation.plots import plot_confusion, plot_joint
from training.evaluation.temperature import fit_temperature
from training.rows.dataset import Examples
from training.rows.decoding import DataError


class Learning(Protocol):
    """One task's part of a fit."""

    plot_name: str

    def task(self, train: Examples) -> Task:
        """What the network answers while it learns.

        Raises:
            DataError: these examples, of which some have been held out, can teach nothing.
        """

    def rows(
        self,
        task: Any,
        train: Examples,
        ids: list[npt.NDArray[np.int32]],
        repeats: npt.NDArray[np.float32],
        smoothing: npt.NDArray[np.float32],
        config: FitConfig,
    ) -> Rows:
        """Give each row of an example its target, float32 (n, K).

        Args:
            repeats: float32 (sources,), how often an epoch reads each row of a source.
            smoothing: float32 (sources,), the share of a label that all labels get alike.
        """

    def loss(self, columns: int) -> keras.losses.Loss:
        """Return the loss of outputs (n, K)."""

    def calibrated(
        self,
        task: Any,
        outputs: npt.NDArray[np.float32],
        labels: npt.NDArray[Any],
        sources: npt.NDArray[np.int32],
    ) -> Task:
        """Fit what follows the network to validation rows."""

    def manifest(self, task: Any) -> dict[str, Any]:
        """What the manifest says of this task alone."""

    def golden(self, text: str, ids: list[list[int]], answer: list[float]) -> Golden | GoldenValue:
        """A known answer (A,)."""

    def plot(self, metrics: dict[str, dict[str, Any]]) -> bytes:
        """Draw the figures of each data set: a PNG file."""


class _Classes:
    """Cross-entropy of logits, of one column with a sigmoid; then a temperature."""

    plot_name = "confusion.png"

    def task(self, train: Examples) -> Classification:
        return Classification(train.label_names)

    def rows(
        self,
        task: Classification,
        train: Examples,
        ids: list[npt.NDArray[np.int32]],
        repeats: npt.NDArray[np.float32],
        smoothing: npt.NDArray[np.float32],
        config: FitConfig,
    ) -> Rows:
        return labelled_rows(train, ids, repeats, smoothing, config)

    def loss(self, columns: int) -> keras.losses.Loss:
        kind = (
            keras.losses.BinaryCrossentropy
            if columns == 1
            else keras.losses.CategoricalCrossentropy
        )
        return kind(from_logits=True)

    def calibrated(
        self,
        task: Classification,
        outputs: npt.NDArray[np.float32],
        labels: npt.NDArray[np.int32],
        sources: npt.NDArray[np.int32],
    ) -> Classification:
        return Classification(task.labels, fit_temperature(outputs, labels, sources))

    def manifest(self, task: Classification) -> dict[str, Any]:
        return {"labels": task.labels, "temperature": task.temperature}

    def golden(self, text: str, ids: list[list[int]], answer: list[float]) -> Golden:
        return Golden(text=text, ids=ids, probabilities=answer)

    def plot(self, metrics: dict[str, dict[str, Any]]) -> bytes:
        return plot_confusion(metrics)


class _Values:
    """Squared error in deviations from the mean of the training values."""

    plot_name = "values.png"

    def task(self, train: Examples) -> Regression:
        if len(np.unique(train.labels)) < 2:
            raise DataError(
                f"{', '.join(train.source_names)}: the {len(train)} rows that are left to train on "
                f"all have the value {train.labels[0]:g}; at least two different numbers are "
                "needed. The others are held out or hold no token: add rows of other values, name "
                "a validation file, or set another data.holdout or data.holdout_seed."
            )
        return Regression(float(train.labels.mean()), float(train.labels.std()))

    def rows(
        self,
        task: Regression,
        train: Examples,
        ids: list[npt.NDArray[np.int32]],
        repeats: npt.NDArray[np.float32],
        smoothing: npt.NDArray[np.float32],
        config: FitConfig,
    ) -> Rows:
        targets = (train.labels - task.mean) / task.deviation
        return Rows(
            ids=ids,
            targets=targets[:, None].astype(np.float32),
            weights=np.ones(len(train), np.float32),
            repeats=repeats[train.sources],
        )

    def loss(self, columns: int) -> keras.losses.Loss:
        return keras.losses.MeanSquaredError()

    def calibrated(
        self,
        task: Regression,
        outputs: npt.NDArray[np.float32],
        labels: npt.NDArray[np.float64],
        sources: npt.NDArray[np.int32],
    ) -> Regression:
        return task

    def manifest(self, task: Regression) -> dict[str, Any]:
        return {"scale": Scale(mean=task.mean, deviation=task.deviation)}

    def golden(self, text: str, ids: list[list[int]], answer: list[float]) -> GoldenValue:
        (value,) = answer
        return GoldenValue(text=text, ids=ids, value=value)

    def plot(self, metrics: dict[str, dict[str, Any]]) -> bytes:
        return plot_joint(metrics)


LEARNING: dict[TaskName, Learning] = {"classification": _Classes(), "regression": _Values()}


def manifest_of(task: Task) -> dict[str, Any]:
    """Return what the manifest of a model says of its task."""
    own = LEARNING[task.name].manifest(task)
    return {"format": FORMATS[task.name], "task": task.name, **own}
