"""The one number that makes a trained network as sure as it is right."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from sentiment.task import activate
from training.evaluation.measures import possible, restrict


def fit_temperature(
    logits: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    sources: npt.NDArray[np.int32],
) -> float:
    """Find the one temperature that makes the validation rows most likely (Guo et al. 2017).

    Every source counts the same, however many rows it has. Rows of one class alone say nothing of
    how sure to be, so it is then 1.

    Args:
        logits: (n, C) or (n, 1).
        labels: int (n,).
        sources: int (n,), the data set each row is from.
    """

    if len(np.unique(labels)) < 2:
        return 1.0

    def loss(log_temperature: float) -> float:
        probabilities = activate(logits, temperature=float(np.exp(log_temperature)))
        losses = []
        for source in np.unique(sources):
            rows = sources == source
            classes = possible(labels[rows], probabilities.shape[1])
            kept = restrict(probabilities[rows], classes)
            truth = kept[np.arange(len(kept)), np.searchsorted(classes, labels[rows])]
            losses.append(-np.log(np.maximum(truth, 1e-12)).mean())
        return float(np.mean(losses))

    found = minimize_scalar(loss, bounds=(np.log(0.25), np.log(8)), method="bounded")
    return float(np.exp(found.x))
