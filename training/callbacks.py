"""What happens between batches and epochs: the best epoch is kept, the run's state is saved."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import keras

from training.checkpoint import Checkpoint
from training.config import FitConfig
from training.evaluation.figures import Figures
from training.state import State, Values, steps_done

logger = logging.getLogger(__name__)

# Gets an epoch's number, from 0, and what it measured; what it raises ends the learning.
AfterEpoch = Callable[[int, dict[str, float]], None]


class KeepBest(keras.callbacks.Callback):
    """Measures after each epoch, keeps the best weights, and stops when there is no gain.

    Of equally good epochs the first is the best.

    Args:
        network: is measured and kept; what learns has its weights.
        measure: gives the figures of a network.
        judge: says which figures are better.
        after_epoch: called when an epoch is measured.
    """

    def __init__(
        self,
        network: keras.Model,
        measure: Callable[[keras.Model], dict[str, float]],
        judge: Figures,
        config: FitConfig,
        after_epoch: AfterEpoch | None,
    ) -> None:
        super().__init__()
        self._network = network
        self._measure = measure
        self._judge = judge
        self._config = config
        self._after_epoch = after_epoch
        self.history: list[dict[str, float]] = []
        self.weights: Values = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = self._measure(self._network)
        learned = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({**learned, **values})
        logger.info(
            "epoch %d of %d: %s",
            epoch + 1,
            self._config.epochs,
            ", ".join(f"{name} {value:.4f}" for name, value in self.history[-1].items()),
        )
        if self._best() == epoch:
            self.weights = self._network.get_weights()
        elif self._stalled():
            logger.info(
                "no gain for %d epochs; keeping epoch %d", self._without_gain(), self._best() + 1
            )
            self.model.stop_training = True
        if self._after_epoch is not None:
            self._after_epoch(epoch, self.history[-1])

    def finished(self) -> bool:
        """Tell whether all epochs were run, or enough of them without a gain."""
        return len(self.history) >= self._config.epochs or self._stalled()

    def _best(self) -> int:
        return min(
            range(len(self.history)), key=lambda epoch: self._judge.rank(self.history[epoch])
        )

    def _without_gain(self) -> int:
        return len(self.history) - 1 - self._best() if self.history else 0

    def _stalled(self) -> bool:
        return self._without_gain() >= self._config.patience


class Averaging(keras.callbacks.Callback):
    """Puts the weights' moving average in their place between an epoch's end and the next one.

    It stands before what measures. Keras' own `SwapEMAWeights` swaps by additions in TensorFlow,
    whose rounding a run that is gone on with would not repeat; here the weights come back as they
    were.
    """

    def __init__(self) -> None:
        super().__init__()
        self._learned: Values = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        variables = self.model.trainable_variables
        self._learned = [variable.numpy() for variable in variables]
        self.model.optimizer.finalize_variable_values(variables)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self._learned:
            for variable, value in zip(self.model.trainable_variables, self._learned, strict=True):
                variable.assign(value)


class Saving(keras.callbacks.Callback):
    """Writes a checkpoint every so many minutes and at each epoch's end.

    It stands behind `KeepBest`, whose figures it writes.

    Args:
        steps: batches of an epoch.
    """

    def __init__(self, checkpoint: Checkpoint, best: KeepBest, steps: int) -> None:
        super().__init__()
        self.state = checkpoint.state
        self._checkpoint = checkpoint
        self._best = best
        self._steps = steps
        self._written = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.state is not None and self.state.step % self._steps:
            self.state.put_metrics(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        # At an epoch's end too, before the weights give way to their average for the measuring.
        epoch_ends = steps_done(self.model) % self._steps == 0
        due = time.monotonic() - self._written >= 60 * self._checkpoint.minutes
        if epoch_ends or due:
            self.state = State.of(
                self.model, best=self._best.weights, history=list(self._best.history)
            )
        if due and not epoch_ends:
            self._write(self.state)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.state is not None:
            self.state = replace(
                self.state, best=self._best.weights, history=list(self._best.history)
            )
            self._write(self.state)

    def _write(self, state: State) -> None:
        self._checkpoint.write(state)
        self._written = time.monotonic()
