"""Search for better settings within a time, and write them as a configuration for fit."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import folder, minutes


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--config", type=Path, required=True, help="a TOML file; its [tune] says what is searched"
    )
    parser.add_argument("--minutes", type=minutes, default=30.0, help="in all; default 30")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="goes on from what is there"
    )
    parser.add_argument(
        "--data", nargs="+", type=folder, default=(), metavar="FOLDER", help="where the files are"
    )


def run(options: argparse.Namespace) -> None:
    """Do it."""
    config = configs.read(options.config)
    from training.search import tune  # after the configuration, whose errors need no TensorFlow
    from training.search.trials import plot, table

    study = tune.tune(
        config, options.output, minutes=options.minutes, data_directories=options.data
    )
    written = [options.output / tune.BEST, *plot(study, options.output)]
    sys.stdout.write(f"{table(study)}\n")
    sys.stdout.write(f"saved: {', '.join(map(str, written))}\n")
