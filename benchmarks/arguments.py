"""Arguments of the benchmarks' command lines."""

import argparse


def positive(text: str) -> int:
    """Read a count of 1 or more."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 or more is wanted")
    return value
