"""Whether this process should be sent nothing more: it was told to stop, or will soon be."""

import os
from pathlib import Path


class Draining:
    """One process's word on that, to `/readyz` and to the clients that keep a connection."""

    def __init__(self, file: Path | None = None) -> None:
        """Args: file: where it exists, this process and all that share the file will soon stop."""
        self._file = file
        self._stopping = False

    def begin(self) -> None:
        """This process was told to stop."""
        self._stopping = True

    @property
    def begun(self) -> bool:
        """Whether requests should go elsewhere; those that come are answered all the same."""
        return self._stopping or (self._file is not None and os.path.exists(self._file))
