"""The LSTM network on a user's own tensor: the same layers, without the embedding."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sentiment.task import activate
from training import network
from training.config import TrainingConfig
from training.tasks import LEARNING
from training.tensor.tensors import Mask, Tensor, check, check_labels, check_mask


@dataclass(frozen=True)
class Learned:
    """A trained network, and its figures.

    Args:
        model: float32 (n, T, F) and bool (n, T) -> logits, n and T free.
        learner: what learned, of the same weights: with `fit.fixed_batch` n is that number, else
            the model itself.
        losses: of each epoch.
        held: samples that were held out, or 0 where there are too few.
        accuracy: on the samples held out, or else on those learned from.
        majority: the same of always answering the most frequent class.
    """

    model: keras.Model
    learner: keras.Model
    losses: list[float]
    held: int
    accuracy: float
    majority: float


def train(
    tensor: Tensor, mask: Mask, labels: npt.NDArray[np.int64], config: TrainingConfig
) -> Learned:
    """Train the network of `[network]` by the epochs, batch and rate of `[fit]`.

    A fifth of the samples is held out, where there are ten or more. With `fit.fixed_batch` the
    network that learns has that `batch_shape`; samples of weight 0 fill up the last batch.

    Args:
        tensor: float32 (n, T, F).
        mask: bool (n, T).
        labels: (n,), each of 0 to C - 1.
    Raises:
        ShapeError: the tensor has another number of axes, or the mask or the labels have not the
            tensor's samples and timesteps.
    """
    check(tensor)
    check_mask(mask, tensor)
    check_labels(labels, len(tensor))
    keras.utils.set_random_seed(config.fit.seed)
    classes = int(labels.max()) + 1
    order = np.random.default_rng(config.fit.seed).permutation(len(labels))
    held = len(labels) // 5 if len(labels) >= 10 else 0
    measured, learned = order[:held] if held else order, order[held:]
    model = network.build_numeric(config.network, features=tensor.shape[2], classes=classes)
    fixed = config.fit.fixed_batch
    learner = network.with_fixed_batch(model, fixed) if fixed else model
    columns = network.columns_of(classes)
    learner.compile(
        keras.optimizers.Adam(config.fit.learning_rate, global_clipnorm=config.fit.clip_norm),
        loss=LEARNING["classification"].loss(columns),
        jit_compile=False,
    )
    size = fixed or min(config.fit.batch_size, len(learned))
    rows = np.resize(learned, -(-len(learned) // size) * size)  # filled up with its own
    one_hot = np.eye(classes, dtype=np.float32)[labels[rows]]  # (n, C)
    history = learner.fit(
        [tensor[rows], mask[rows]],
        one_hot[:, -1:] if columns == 1 else one_hot,
        sample_weight=(np.arange(len(rows)) < len(learned)).astype(np.float32),
        batch_size=size,
        epochs=config.fit.settled(len(learned)).epochs,
        verbose=0,
    )
    answers = predict(model, tensor[measured], mask[measured]).argmax(axis=1)
    return Learned(
        model=model,
        learner=learner,
        losses=[float(value) for value in history.history["loss"]],
        held=held,
        accuracy=float((answers == labels[measured]).mean()),
        majority=float((np.bincount(labels[learned]).argmax() == labels[measured]).mean()),
    )


def predict(model: keras.Model, tensor: Tensor, mask: Mask | None = None) -> npt.NDArray[Any]:
    """Answer for n samples of any T, shorter or longer than those of the training.

    Args:
        mask: bool (n, T); without it every timestep is real.
    Returns:
        probabilities, float64 (n, C).
    Raises:
        ShapeError: the tensor has other features than the model, or other samples than a batch
            that it is fixed to, which Keras would take silently; or the mask is not (n, T).
    """
    samples, _, features = model.inputs[0].shape
    check(tensor, samples=samples, features=features)
    if mask is None:
        mask = np.ones(tensor.shape[:2], bool)
    check_mask(mask, tensor)
    logits = model.predict([tensor, mask], batch_size=samples or 128, verbose=0)
    return activate(logits, temperature=1.0)
