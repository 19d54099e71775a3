"""Train a model and save it as a new version."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import bundle, data
from training.config import TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--output", type=Path, required=True, help="the model, as models/NAME")
    parser.add_argument("--train", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument("--from", type=Path, dest="base", help="a model or bundle to go on from")
    data.add_options(parser)


def run(options: argparse.Namespace) -> None:
    """Do it."""
    config = configs.read(options.config) if options.config else TrainingConfig()
    config = data.configured(config, options)
    from training.fit import fit  # after the configuration, whose errors need no TensorFlow

    base = bundle(options.base) if options.base else None
    directory = fit(config, options.output, data_directories=options.data, base=base)
    sys.stdout.write(f"{(directory / 'model_card.md').read_text(encoding='utf-8')}\n")
    sys.stdout.write(f"saved: {directory}\n")
