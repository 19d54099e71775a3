"""What a network that is learning answers on rows that no weight is trained on."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sentiment.task import Task
from training import feed
from training.evaluation.figures import FIGURES


class Validation:
    """Rows that no weight is trained on, by the data set they are from."""

    def __init__(
        self,
        ids: Sequence[npt.NDArray[np.int32]],
        labels: npt.NDArray[Any],
        sources: npt.NDArray[np.int32],
        task: Task,
        *,
        batch_tokens: int,
    ) -> None:
        # sorted by length, so that a batch holds little padding
        order = np.argsort([len(row) for row in ids], kind="stable")
        self._ids = [ids[i] for i in order]
        self.labels = labels[order]
        self.sources = sources[order]
        self._task = task
        self._batch_tokens = batch_tokens

    def outputs(self, model: keras.Model) -> npt.NDArray[np.float32]:
        """Return float32 (n, K), in the order of `labels` and `sources`."""
        return predict(model, self._ids, batch_tokens=self._batch_tokens)

    def measure(self, model: keras.Model) -> dict[str, float]:
        """Return what an epoch is measured by, each figure the mean over the data sets."""
        judge = FIGURES[self._task.name]
        answers = self._task.activate(self.outputs(model))
        by_source = [
            judge.measure(answers[rows], self.labels[rows], self._task.labels)
            for source in np.unique(self.sources)
            for rows in [self.sources == source]
        ]
        return {
            name: float(np.mean([values[name] for values in by_source])) for name in judge.of_epoch
        }


def predict(
    model: keras.Model, ids: Sequence[npt.NDArray[np.int32]], *, batch_tokens: int
) -> npt.NDArray[np.float32]:
    """Return the outputs, float32 (n, K), of n ragged rows in their order."""
    outputs: npt.NDArray[np.float32] = model.predict(
        feed.to_predict(ids, batch_tokens=batch_tokens), verbose=0
    )
    return outputs
