"""What a process keeps of the memory that it frees, and what it returns to the system.

By default glibc's allocator returns what a run of the network needed, to fetch it again page by
page for the next run; and keeps what a load frees: a worker of 120 MB has 200 after a few changes
of version. Elsewhere (musl, macOS) these functions do nothing.
"""

import ctypes

_LIBRARY = ctypes.CDLL(None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the options' numbers in malloc.h

# A network is larger, and what a request needs is smaller.
_LARGE_BYTES = 8 * 1024 * 1024

# What a request freed and the next one will need: half a megabyte for a run of the network.
_KEPT_BYTES = 8 * 1024 * 1024

# The gates of 1,536 tokens and 128 units are a block of 3 MiB; networks may have more units. glibc
# takes no threshold for blocks above 32 MiB everywhere.
_BLOCK_OF_A_RUN, _KEPT_BETWEEN_RUNS = 32 * 1024 * 1024, 256 * 1024 * 1024


def separate_large_blocks() -> None:
    """Give every large block a mapping of its own; call it before the first model is loaded.

    glibc would raise this threshold to 32 MiB as soon as such a block is freed, and another with
    it: of the freed bytes that it keeps. Once one of them is set, both stay as they are.
    """
    _keep(blocks=_LARGE_BYTES, together=_KEPT_BYTES)


def keep_between_runs() -> None:
    """Keep what large runs of the network free: for a process that does nothing else."""
    _keep(blocks=_BLOCK_OF_A_RUN, together=_KEPT_BETWEEN_RUNS)


def give_back() -> None:
    """Return what is freed to the system; call it when a model was loaded or refused."""
    if hasattr(_LIBRARY, "malloc_trim"):
        _LIBRARY.malloc_trim(0)


def _keep(*, blocks: int, together: int) -> None:
    """Keep blocks of fewer bytes, and at most so many bytes of them together."""
    if hasattr(_LIBRARY, "mallopt"):
        _LIBRARY.mallopt(_MMAP_THRESHOLD, blocks)
        _LIBRARY.mallopt(_TRIM_THRESHOLD, together)
