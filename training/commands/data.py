"""The options that say which files are read, for the commands that take a configuration's data."""

import argparse
from pathlib import Path
from typing import Any, get_args

from sentiment.prediction import TaskName
from training.commands import columns, folder
from training.config import Source, TrainingConfig, parse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    parser.add_argument("--validation", nargs="+", metavar="FILE", help="else a part is held out")
    parser.add_argument("--test", nargs="+", metavar="FILE", help="no fit learns from their texts")
    parser.add_argument("--unlabelled", nargs="+", metavar="FILE", help="more text for the vectors")
    parser.add_argument(
        "--data", nargs="+", type=folder, default=(), metavar="FOLDER", help="where the files are"
    )
    columns.add_options(parser)
    parser.add_argument(
        "--task",
        choices=get_args(TaskName),
        help="whether labels are names or numbers; default classification",
    )


def configured(config: TrainingConfig, options: argparse.Namespace) -> TrainingConfig:
    """Let the command line's options override the configuration's.

    Raises:
        ConfigError: an alias is not written FROM=TO, or the options do not go together.
    """
    data: dict[str, Any] = {
        role: tuple(Source(path=path) for path in paths)
        for role in ("train", "validation", "test", "unlabelled")
        if (paths := getattr(options, role))
    }
    data |= columns.chosen(options)
    if options.task:
        data["task"] = options.task
    if "aliases" in data:
        data["aliases"] = {**config.data.aliases, **data["aliases"]}
    updated = config.model_copy(update={"data": config.data.model_copy(update=data)})
    # Only what was told: some defaults depend on whether a setting was.
    return parse(updated.model_dump(exclude_unset=True), origin="the command's options")
