"""The options that say which files are read, for the commands that take a configuration's data."""

import argparse
from pathlib import Path
from typing import Any

from training.commands import columns
from training.config import Source, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    parser.add_argument("--validation", nargs="+", metavar="FILE", help="else a part is held out")
    parser.add_argument("--unlabelled", nargs="+", metavar="FILE", help="more text for the vectors")
    parser.add_argument(
        "--data", nargs="+", type=Path, default=(), metavar="FOLDER", help="where the files are"
    )
    columns.add_options(parser)


def configured(config: TrainingConfig, options: argparse.Namespace) -> TrainingConfig:
    """Let the command line's options override the configuration's.

    Raises:
        ConfigError: an alias is not written FROM=TO.
    """
    data: dict[str, Any] = {
        role: tuple(Source(path=path) for path in paths)
        for role in ("train", "validation", "unlabelled")
        if (paths := getattr(options, role))
    }
    data |= columns.chosen(options)
    if "aliases" in data:
        data["aliases"] = {**config.data.aliases, **data["aliases"]}
    return config.model_copy(update={"data": config.data.model_copy(update=data)})
