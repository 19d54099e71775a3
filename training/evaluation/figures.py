"""The figures that a model is judged by, by its task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sentiment.prediction import TaskName
from training.evaluation import measures, value_measures


@dataclass(frozen=True)
class Figures:
    """What is measured, and what is better.

    Attributes:
        measure: answers (n, A), labels (n,) and the label names -> the figures of a data set.
        titles: those that tell how good a model is, by name.
        of_epoch: those that an epoch is measured by, each the mean over the data sets.
        judged_by: the one of these that the best epoch, seed and settings are chosen by.
        higher_is_better: whether that one is better where it is higher.
        then_by: what decides where it is equal; lower is better.
        replayed: those that say what a model lost which went on from another.
    """

    measure: Callable[..., dict[str, Any]]
    titles: Mapping[str, str]
    of_epoch: tuple[str, ...]
    judged_by: str
    higher_is_better: bool
    then_by: str
    replayed: tuple[str, ...]

    @property
    def title(self) -> str:
        """What `judged_by` is called."""
        return self.titles[self.judged_by]

    def rank(self, values: Mapping[str, float]) -> tuple[float, float]:
        """Give what sorts measured epochs or models, the best first."""
        first = values[self.judged_by]
        return -first if self.higher_is_better else first, values[self.then_by]


FIGURES: dict[TaskName, Figures] = {
    "classification": Figures(
        measures.measure,
        titles={
            "accuracy": "accuracy",
            "macro_recall": "macro recall",
            "macro_f1": "macro F1",
            "nll": "mean loss",
            "calibration_error": "calibration error",
        },
        of_epoch=("macro_recall", "accuracy", "nll"),
        judged_by="macro_recall",
        higher_is_better=True,
        then_by="nll",
        replayed=("accuracy", "macro_recall"),
    ),
    "regression": Figures(
        value_measures.measure,
        titles={
            "mae": "mean absolute error",
            "rmse": "root mean squared error",
            "mse": "mean squared error",
            "spearman": "Spearman correlation",
            "bias": "bias",
        },
        of_epoch=("mse", "mae", "rmse", "spearman"),
        judged_by="mse",
        higher_is_better=False,
        then_by="mae",
        replayed=("mae", "spearman"),
    ),
}
