"""Keras learns: loss, schedule, progress, and from where an interrupted run left off."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from sentiment.prediction import TaskName
from sentiment.task import Task
from training import feed
from training.batches import Epochs, Rows
from training.callbacks import AfterEpoch, Averaging, KeepBest, Saving
from training.checkpoint import Checkpoint
from training.config import FitConfig, ObjectiveConfig
from training.evaluation.figures import FIGURES
from training.network import with_fixed_batch
from training.objective import MixedObjective
from training.progress import Progress
from training.tasks import LEARNING

_LABELS_ALONE = ObjectiveConfig()


def learn(
    model: keras.Model,
    rows: Rows,
    validation: "Validation",
    config: FitConfig,
    objective: ObjectiveConfig = _LABELS_ALONE,
    *,
    task: TaskName = "classification",
    checkpoint: Checkpoint | None = None,
    after_epoch: AfterEpoch | None = None,
) -> list[dict[str, float]]:
    """Train a network, and leave it with the weights of its best epoch.

    Args:
        objective: what is learned beside the rows' targets.
        task: decides the loss, and which epoch is the best.
        checkpoint: written as learning goes on, from where it left off; without one nothing is.
        after_epoch: called with what each epoch measured.
    Returns:
        The training loss of each epoch (and its terms, where there are several), and what it
        measured on the validation rows.
    """
    batches = Epochs(
        rows,
        batch_size=config.batch_size,
        batch_tokens=config.batch_tokens,
        seed=config.seed,
        word_dropout=config.word_dropout,
        fixed_batch=config.fixed_batch,
    )
    steps = batches.steps()
    averaged = config.weight_averaging > 0
    # It shares the weights of `model`, which stays free of the batch: that one is exported.
    learner = with_fixed_batch(model, config.fixed_batch) if config.fixed_batch else model
    if objective.any:
        learner = MixedObjective(learner, objective, seed=config.seed)
    learner.compile(
        keras.optimizers.Adam(
            _schedule(config, steps * config.epochs),
            global_clipnorm=config.clip_norm,
            use_ema=averaged,
            ema_momentum=config.weight_averaging,
        ),
        loss=LEARNING[task].loss(rows.targets.shape[1], config),
        jit_compile=False,  # XLA ran the LSTM's loop four times slower on a CPU
    )
    best = KeepBest(validation.measure, FIGURES[task], config, after_epoch)
    saving = [Saving(checkpoint, best, steps)] if checkpoint is not None else []
    state = checkpoint.state if checkpoint is not None else None
    step = 0
    if state is not None:
        best.history, best.weights, step = list(state.history), state.best, state.step
    with tqdm(total=steps * config.epochs, initial=step, unit="batch", disable=None) as bar:
        progress = Progress(bar, tokens=batches.tokens() / steps)
        while not best.finished():
            if state is not None:
                state.put(learner)
            # Before the measuring: what is measured is the average, and learning goes on without.
            averaging = [Averaging()] if averaged else []
            epoch, done = divmod(step, steps)
            learner.fit(
                feed.to_learn(batches, after=step),
                initial_epoch=epoch,
                # A Keras fit's epochs are all as long, so what is left of one is a fit by itself.
                epochs=epoch + 1 if done else config.epochs,
                steps_per_epoch=steps - done,
                shuffle=False,  # the batches come shuffled
                verbose=0,
                callbacks=[progress, *averaging, best, *saving],
            )
            # It ends with the average in the weights' place: the next one goes on from before that.
            state = saving[0].state if saving else None
            step = len(best.history) * steps
    learner.set_weights(best.weights)
    return best.history


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


def _schedule(config: FitConfig, steps: int) -> Any:
    if config.schedule == "constant":
        return config.learning_rate
    warmup = int(steps * config.warmup)
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else config.learning_rate,
        decay_steps=max(steps - warmup, 1),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
        alpha=0.02,
    )
