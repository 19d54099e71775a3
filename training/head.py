"""Going on with few rows: the head alone is fitted, and stays near the base's.

From some hundred rows a whole network learns the rows more than what they have in common. Its head
has few weights, a penalty is on their distance from the base's (Li et al. 2018, "Explicit Inductive
Bias for Transfer Learning with Convolutional Networks"), and how large a one is cross-validated. It
takes seconds, since the network reads each row once.
"""

import logging

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from training.batches import Rows
from training.config import FitConfig
from training.validation import Validation, predict

logger = logging.getLogger(__name__)

_PENALTIES = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0)
_FOLDS = 5

_Floats = npt.NDArray[np.float64]


def learn_head(
    model: keras.Model, rows: Rows, validation: Validation, config: FitConfig
) -> list[dict[str, float]]:
    """Fit the head of a classifier's network, and leave the rest of the network as it is.

    Returns:
        One entry, as `learn.learn` gives for each epoch: the loss, and what was measured on the
        validation rows.
    """
    layer = model.get_layer("head")
    reader = keras.Model(model.input, layer.input)
    states = predict(reader, rows.ids, batch_tokens=config.batch_tokens)  # (n, P)
    inputs = np.concatenate([states, np.ones((len(states), 1))], axis=1)
    kernel, bias = layer.get_weights()
    head = near(
        np.concatenate([kernel, bias[None]]).astype(np.float64),
        inputs,
        rows.targets,
        (rows.weights * rows.repeats).astype(np.float64),
        seed=config.seed,
    )
    layer.set_weights([head[:-1], head[-1]])
    losses, _ = _cross_entropy(inputs @ head, rows.targets)
    history = [{"loss": float(losses.mean()), **validation.measure(model)}]
    measured = ", ".join(f"{name} {value:.4f}" for name, value in history[0].items())
    logger.info("the head alone: %s", measured)
    return history


def near(
    head: _Floats,
    inputs: _Floats,
    targets: npt.NDArray[np.floating],
    counts: _Floats,
    *,
    seed: int,
) -> _Floats:
    """Move a head as far from where it is as cross-validation finds worth it.

    Args:
        head: (P + 1, K), its bias in the last row.
        inputs: (n, P + 1), what it reads, and 1.
        targets: (n, K), probabilities; of one column that of the second of two classes.
        counts: (n,), what each row counts.
        seed: of the folds.
    """
    fold = np.random.default_rng(seed).permutation(len(inputs)) % _FOLDS  # (n,)
    losses = np.empty((len(_PENALTIES), len(inputs)))
    for number in range(_FOLDS):
        out = fold == number
        for penalty, of_rows in zip(_PENALTIES, losses, strict=True):
            moved = _moved(head, inputs[~out], targets[~out], counts[~out], penalty)
            of_rows[out], _ = _cross_entropy(inputs[out] @ moved, targets[out])
    penalty = _PENALTIES[_strictest(losses, counts)]
    logger.info("penalty on the head's distance from the base's: %g, by cross-validation", penalty)
    return _moved(head, inputs, targets, counts, penalty)


def _strictest(losses: _Floats, counts: _Floats) -> int:
    """Return the first of m models that is as good as the best, but for one standard error.

    Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3.

    Args:
        losses: (m, n), of the same n rows.
        counts: (n,), what each row counts.
    """
    best = np.average(losses, axis=1, weights=counts).argmin()
    worse = losses - losses[best]  # (m, n)
    means = np.average(worse, axis=1, weights=counts)
    variances = np.average((worse - means[:, None]) ** 2, axis=1, weights=counts)
    return int(np.argmax(means <= np.sqrt(variances / len(counts))))


def _moved(
    head: _Floats,
    inputs: _Floats,
    targets: npt.NDArray[np.floating],
    counts: _Floats,
    penalty: float,
) -> _Floats:
    """Minimise the rows' cross-entropy and half the penalty times the squared distance moved."""

    def objective(flat: _Floats) -> tuple[float, _Floats]:
        losses, slopes = _cross_entropy(inputs @ (head + flat.reshape(head.shape)), targets)
        slope = (inputs.T @ (counts[:, None] * slopes)).ravel()
        return float(counts @ losses + penalty / 2 * (flat @ flat)), slope + penalty * flat

    found = minimize(objective, np.zeros(head.size), jac=True, method="L-BFGS-B")
    return head + found.x.reshape(head.shape)


def _cross_entropy(logits: _Floats, targets: npt.NDArray[np.floating]) -> tuple[_Floats, _Floats]:
    """Return each row's loss (n,), and its slopes along the logits (n, K)."""
    if logits.shape[1] == 1:  # the other class has a logit of 0
        losses, slopes = _cross_entropy(
            np.concatenate([np.zeros_like(logits), logits], axis=1),
            np.concatenate([1 - targets, targets], axis=1),
        )
        return losses, slopes[:, 1:]
    logs = log_softmax(logits, axis=1)
    return -(targets * logs).sum(axis=1), np.exp(logs) - targets
