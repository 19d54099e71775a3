"""The options that say which files are read, and how."""

import argparse
from pathlib import Path

from training.config import ConfigError, Source, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that commands which read data have in common."""
    parser.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    parser.add_argument("--validation", nargs="+", metavar="FILE", help="else a part is held out")
    parser.add_argument("--unlabelled", nargs="+", metavar="FILE", help="more text for the vectors")
    parser.add_argument(
        "--data", nargs="+", type=Path, default=(), metavar="FOLDER", help="where the files are"
    )
    parser.add_argument("--text-column", help='default "text"')
    parser.add_argument("--label-column", help='default "label"')
    parser.add_argument("--encoding", help='of the files, as "cp1252"; default "utf-8"')
    parser.add_argument(
        "--alias", action="append", metavar="FROM=TO", help="a label's name, as 0=negative"
    )


def configured(config: TrainingConfig, options: argparse.Namespace) -> TrainingConfig:
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
