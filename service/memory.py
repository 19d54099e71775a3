"""A model's memory, returned to the system when another version takes its place.

glibc's allocator keeps what a load frees: a worker of 120 MB has 200 after a few changes of
version. Elsewhere (musl, macOS) these functions do nothing.
"""

import ctypes

_LIBRARY = ctypes.CDLL(None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the options' numbers in malloc.h

# A network is larger, and what a request needs is smaller.
LARGE_BYTES = 8 * 1024 * 1024

# What a request freed and the next one will need. By default each run of the network would return
# its half a megabyte to the system and fetch it again, page by page.
KEPT_BYTES = 8 * 1024 * 1024


def separate_large_blocks() -> None:
    """Give every large block a mapping of its own; call it before the first model is loaded.

    glibc would raise this threshold to 32 MiB as soon as such a block is freed, and another with
    it: of the freed bytes that it keeps. Once one of them is set, both stay as they are.
    """
    if hasattr(_LIBRARY, "mallopt"):
        _LIBRARY.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
        _LIBRARY.mallopt(_TRIM_THRESHOLD, KEPT_BYTES)


def give_back() -> None:
    """Return what is freed to the system; call it when a model was loaded or refused."""
    if hasattr(_LIBRARY, "malloc_trim"):
        _LIBRARY.malloc_trim(0)
