"""Print the tensor's shape at every stage, what each axis means, and the parameters."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.config import TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="read the configuration's files there, for the numbers that depend on them",
    )


def run(options: argparse.Namespace) -> None:
    """Do it."""
    from training import describe

    config = configs.read(options.config) if options.config else TrainingConfig()
    sys.stdout.write(describe.text(config, options.data))
