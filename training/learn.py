"""Keras learns: loss, optimizer, schedule, and from where an interrupted run left off."""

from typing import Any

import keras
from tqdm import tqdm

from sentiment.prediction import TaskName
from training import feed
from training.batches import Epochs, Rows
from training.callbacks import AfterEpoch, Averaging, KeepBest, Saving
from training.checkpoint import Checkpoint
from training.config import FitConfig
from training.evaluation.figures import FIGURES
from training.network import with_fixed_batch
from training.progress import Progress
from training.tasks import LEARNING
from training.validation import Validation


def learn(
    model: keras.Model,
    rows: Rows,
    validation: Validation,
    config: FitConfig,
    *,
    task: TaskName = "classification",
    checkpoint: Checkpoint | None = None,
    after_epoch: AfterEpoch | None = None,
) -> list[dict[str, float]]:
    """Train a network, and leave it with the weights of its best epoch.

    Args:
        task: decides the loss, and which epoch is the best.
        checkpoint: written as learning goes on, from where it left off; without one nothing is.
        after_epoch: called with what each epoch measured.
    Returns:
        The training loss of each epoch, and what it measured on the validation rows.
    """
    config = config.settled(len(rows.ids))
    batches = Epochs(
        rows,
        batch_size=config.batch_size,
        batch_tokens=config.batch_tokens,
        seed=config.seed,
        word_dropout=config.word_dropout,
        padding=config.padding,
        fixed_batch=config.fixed_batch,
    )
    steps = batches.steps()
    averaged = config.weight_averaging > 0
    # It shares the weights of `model`, which stays free of the batch: that one is exported.
    learner = with_fixed_batch(model, config.fixed_batch) if config.fixed_batch else model
    learner.compile(
        keras.optimizers.Adam(
            _schedule(config, steps * config.epochs),
            global_clipnorm=config.clip_norm,
            use_ema=averaged,
            ema_momentum=config.weight_averaging,
        ),
        loss=LEARNING[task].loss(rows.targets.shape[1]),
        jit_compile=False,  # XLA ran the LSTM's loop four times slower on a CPU
    )
    best = KeepBest(model, validation.measure, FIGURES[task], config, after_epoch)
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
    model.set_weights(best.weights)
    return best.history


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
