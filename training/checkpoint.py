"""The file beside a model that an interrupted run is gone on from."""

import json
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training import files
from training.config import CHECKPOINT_MINUTES, ConfigError
from training.differences import differences
from training.state import Prepared, State

logger = logging.getLogger(__name__)

NAME = "checkpoint.npz"


@dataclass(eq=False)
class Checkpoint:
    """The file of one run.

    Args:
        run: what makes it another run: its configuration, the hashes of its data and its base,
            the libraries.
        minutes: how often it is written within an epoch; 0 writes it after every batch.
        state: the last that was written or read.
    """

    path: Path
    run: dict[str, Any]
    minutes: float = CHECKPOINT_MINUTES
    prepared: Prepared = field(default_factory=Prepared)
    state: State | None = None

    def read(self) -> None:
        """Take over what an interrupted run has come to.

        Raises:
            ConfigError: there is no file, it cannot be read, or it is of another run; the message
                says what differs.
        """
        if not self.path.exists():
            raise ConfigError(
                f"--resume: there is no {self.path}. A run writes it at the end of its first "
                "epoch, and removes it when its model is saved."
            )
        try:
            # np.load leaves a file that it opened itself, and that is damaged, open.
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as members:
                arrays = dict(members)
            before = json.loads(str(arrays["run"]))
            prepared, state = Prepared.from_arrays(arrays), State.from_arrays(arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ConfigError(
                f"{self.path}: cannot be read as a checkpoint ({error}). "
                "Start again without --resume."
            ) from None
        if changes := list(differences(before, self.run)):
            raise ConfigError(
                "\n  ".join([f"{self.path} is of another run:", *changes])
                + "\nGive it what it had, or start again without --resume."
            )
        self.prepared, self.state = prepared, state

    def write(self, state: State) -> None:
        """Replace the file by this state, wholly or not at all.

        A disk that is full ends no run: that is said, and learning goes on.
        """
        run = np.array(json.dumps(self.run))
        arrays = {**self.prepared.to_arrays(), **state.to_arrays()}
        try:
            files.replace(self.path, lambda file: np.savez(file, run=run, **arrays))
        except OSError as error:
            logger.warning("%s: no checkpoint could be written: %s", self.path, error.strerror)
        else:
            self.state = state

    @contextmanager
    def offered(self) -> Iterator[None]:
        """Let an interrupt say how the run is gone on with, where it can be."""
        try:
            yield
        except KeyboardInterrupt:
            if self.state is None:
                raise
            raise KeyboardInterrupt(
                f"{self.path} holds {self.state.step} batches of learning; "
                "the same command with --resume goes on from there"
            ) from None

    def remove(self) -> None:
        """Remove the file that this run wrote or read: its model is saved."""
        if self.state is not None:
            self.path.unlink(missing_ok=True)
