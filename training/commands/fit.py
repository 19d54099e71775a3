"""Train a model and save it as a new version."""

import argparse
import sys
from pathlib import Path
from typing import Any

from training import config as configs
from training.commands import bundle, columns
from training.config import Source, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--output", type=Path, required=True, help="the model, as models/NAME")
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    parser.add_argument("--train", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument("--validation", nargs="+", metavar="FILE", help="else a part is held out")
    parser.add_argument("--unlabelled", nargs="+", metavar="FILE", help="more text for the vectors")
    parser.add_argument(
        "--data", nargs="+", type=Path, default=(), metavar="FOLDER", help="where the files are"
    )
    parser.add_argument("--from", type=Path, dest="base", help="a model or bundle to go on from")
    columns.add_options(parser)


def run(options: argparse.Namespace) -> None:
    """Do it."""
    config = configs.read(options.config) if options.config else TrainingConfig()
    config = _with_options(config, options)
    from training.fit import fit  # after the configuration, whose errors need no TensorFlow

    base = bundle(options.base) if options.base else None
    directory = fit(config, options.output, data_directories=options.data, base=base)
    sys.stdout.write(f"{(directory / 'model_card.md').read_text(encoding='utf-8')}\n")
    sys.stdout.write(f"saved: {directory}\n")


def _with_options(config: TrainingConfig, options: argparse.Namespace) -> TrainingConfig:
    """Let the command line's options override the configuration's."""
    data: dict[str, Any] = {
        role: tuple(Source(path=path) for path in paths)
        for role in ("train", "validation", "unlabelled")
        if (paths := getattr(options, role))
    }
    data |= columns.chosen(options)
    if "aliases" in data:
        data["aliases"] = {**config.data.aliases, **data["aliases"]}
    return config.model_copy(update={"data": config.data.model_copy(update=data)})
