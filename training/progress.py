"""How far learning is: a bar on a terminal; elsewhere a line in the log now and then."""

import logging
import time

import keras
from tqdm import tqdm

logger = logging.getLogger(__name__)

LOG_SECONDS = 60.0


class Progress(keras.callbacks.Callback):
    """Shows the loss, the speed and the time left.

    Args:
        bar: of all batches; where it is disabled, a line is logged every `LOG_SECONDS`.
        tokens: of a batch, on average, without its padding.
    """

    def __init__(self, bar: tqdm, *, tokens: float) -> None:
        super().__init__()
        self._bar = bar
        self._tokens = tokens
        self._before = bar.n  # batches of the run that this one goes on with
        self._batches = 0
        self._began = self._logged = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count a batch. The clock starts after the first, in which the graph is built."""
        now = time.monotonic()
        self._batches += 1
        if self._batches == 1:
            self._began = self._logged = now
            self._bar.update()
            return
        speed = (self._batches - 1) / max(now - self._began, 1e-9)  # batches a second
        tokens = f"{tqdm.format_sizeof(speed * self._tokens)} tokens/s"
        loss = f"loss {(logs or {}).get('loss', float('nan')):.4f}"
        self._bar.set_postfix_str(f"{loss}, {tokens}", refresh=False)
        self._bar.update()
        if self._bar.disable and now - self._logged >= LOG_SECONDS:
            self._logged = now
            done = self._before + self._batches
            left = tqdm.format_interval((self._bar.total - done) / speed)
            logger.info(
                "batch %d of %d: %s, %s, %s left",
                done,
                self._bar.total,
                loss,
                tokens,
                left,
            )
