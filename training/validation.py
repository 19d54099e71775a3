"""What a network that is learning answers on rows that no weight is trained on."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from sentiment.classifier import activate
from training import feed
from training.evaluation.measures import measure


class Validation:
    """Rows that no weight is trained on, by the data set they are from."""

    def __init__(
        self,
        ids: Sequence[npt.NDArray[np.int32]],
        labels: npt.NDArray[np.int32],
        sources: npt.NDArray[np.int32],
        label_names: Sequence[str],
        *,
        batch_tokens: int,
    ) -> None:
        # sorted by length, so that a batch holds little padding
        order = np.argsort([len(row) for row in ids], kind="stable")
        self._ids = [ids[i] for i in order]
        self.labels = labels[order]
        self.sources = sources[order]
        self._label_names = label_names
        self._batch_tokens = batch_tokens

    def logits(self, model: keras.Model) -> npt.NDArray[np.float32]:
        """Return float32 (n, C) or (n, 1), in the order of `labels` and `sources`."""
        return predict(model, self._ids, batch_tokens=self._batch_tokens)

    def measure(self, model: keras.Model) -> dict[str, float]:
        """Return macro recall, accuracy and loss, each the mean over the data sets."""
        probabilities = activate(self.logits(model), temperature=1.0)
        by_source = [
            measure(probabilities[rows], self.labels[rows], self._label_names)
            for source in np.unique(self.sources)
            for rows in [self.sources == source]
        ]
        return {
            name: float(np.mean([values[name] for values in by_source]))
            for name in ("macro_recall", "accuracy", "nll")
        }


def predict(
    model: keras.Model, ids: Sequence[npt.NDArray[np.int32]], *, batch_tokens: int
) -> npt.NDArray[np.float32]:
    """Return the logits, float32 (n, C) or (n, 1), of n ragged rows in their order."""
    logits: npt.NDArray[np.float32] = model.predict(
        feed.to_predict(ids, batch_tokens=batch_tokens), verbose=0
    )
    return logits
