"""Print the tensor's shape at every stage, what each axis means, and the parameters."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import folder
from training.config import ConfigError, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        nargs="+",
        type=folder,
        metavar="FOLDER",
        help="read the configuration's files there, for the numbers that depend on them",
    )
    source.add_argument(
        "--array",
        type=Path,
        metavar="FILE.npy",
        help="numbers of your own instead of text; .json holds a list of ragged sequences",
    )
    parser.add_argument("--timesteps", type=int, metavar="T", help="to reshape the array to")
    parser.add_argument("--features", type=int, metavar="F", help="to reshape the array to")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE.npy", help="train on the array with these classes"
    )


def run(options: argparse.Namespace) -> None:
    """Do it."""
    from training.tensor import describe

    config = configs.read(options.config) if options.config else TrainingConfig()
    if options.array is None:
        for name in ("timesteps", "features", "labels"):
            if getattr(options, name) is not None:
                raise ConfigError(f"--{name} goes with --array FILE.npy, which is not there")
        sys.stdout.write(describe.text(config, options.data))
        return
    sys.stdout.write(
        describe.array(
            config,
            options.array,
            timesteps=options.timesteps,
            features=options.features,
            labels=options.labels,
        )
    )
