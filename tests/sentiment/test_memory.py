"""What a change of version frees goes back to the system, and what a request frees does not."""

import subprocess
import sys

import pytest

PROGRAM = """
import pathlib, sys
from sentiment import memory

def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096

memory.separate_large_blocks()
pages = [bytearray(5000) for _ in range(20_000)]  # 100 MB in small blocks
for _ in range(2):  # the first large block that is freed would teach glibc to keep the next
    large = bytearray(b"x") * (20 * 1024 * 1024)
    fence = [bytearray(5000) for _ in range(100)]
    full = resident()
    del large
without_large = resident()
del pages
memory.give_back()
print(full - without_large, without_large - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_goes_back() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    large, small = map(int, run.stdout.split())
    assert large > 19_000_000
    assert small > 80_000_000


FAULTS = """
import resource, sys
from sentiment import memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

getattr(memory, sys.argv[1])()
size = int(sys.argv[2])
bytes(4 * size)
before = faults()
for _ in range(100):  # as runs of the network need them
    blocks = [b"x" * size for _ in range(4)]
    del blocks
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
@pytest.mark.parametrize(
    ("keeping", "size"), [("separate_large_blocks", 500_000), ("keep_between_runs", 9_000_000)]
)
def test_the_memory_of_a_run_is_fetched_once(keeping, size) -> None:
    """By default each of the 100 turns fetches all pages anew, 490 or 8,800."""
    command = [sys.executable, "-c", FAULTS, keeping, str(size)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(run.stdout) < 10 * 4 * size / 4096
