"""Train a model and save it as a new version."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import bundle
from training.config import ConfigError, Source, TrainingConfig


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
    parser.add_argument("--text-column", help='default "text"')
    parser.add_argument("--label-column", help='default "label"')
    parser.add_argument("--encoding", help='of the files, as "cp1252"; default "utf-8"')
    parser.add_argument(
        "--alias", action="append", metavar="FROM=TO", help="a label's name, as 0=negative"
    )


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
    data = {
        role: tuple(Source(path=path) for path in paths)
        for role in ("train", "validation", "unlabelled")
        if (paths := getattr(options, role))
    }
    data |= {
        name: value
        for name in ("text_column", "label_column", "encoding")
        if (value := getattr(options, name))
    }
    if options.alias:
        data["aliases"] = {**config.data.aliases, **dict(map(_alias, options.alias))}
    return config.model_copy(update={"data": config.data.model_copy(update=data)})


def _alias(text: str) -> tuple[str, str]:
    name, equals, label = text.partition("=")
    if not equals or not name.strip() or not label.strip():
        raise ConfigError(f'--alias {text}: expected FROM=TO, as in "0=negative"')
    return name.strip(), label.strip()
