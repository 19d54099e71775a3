"""Write a bundle's network as a Keras model."""

import argparse
import sys
from pathlib import Path

from training.commands import bundle


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("bundle", type=Path, help="a model (its current version) or a bundle")
    parser.add_argument("output", type=Path, help="a file that ends in .keras")


def run(options: argparse.Namespace) -> None:
    """Do it."""
    from training.export import export_keras

    export_keras(bundle(options.bundle), options.output)
    sys.stdout.write(f"saved: {options.output}\n")
