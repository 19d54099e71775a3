"""The options that say how a data file is read, the same for every command that reads one."""

import argparse
from typing import Any

from training.config import ConfigError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--text-column", help='default "text"')
    parser.add_argument("--label-column", help='default "label"')
    parser.add_argument("--encoding", help='of the files, as "cp1252"; default "utf-8"')
    parser.add_argument(
        "--alias", action="append", metavar="FROM=TO", help="a label's name, as 0=negative"
    )


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was given, by the names of `DataConfig`.

    Raises:
        ConfigError: an alias is not written FROM=TO.
    """
    given = {
        name: value
        for name in ("text_column", "label_column", "encoding")
        if (value := getattr(options, name))
    }
    return given | ({"aliases": dict(map(_alias, options.alias))} if options.alias else {})


def _alias(text: str) -> tuple[str, str]:
    name, equals, label = text.partition("=")
    if not equals or not name.strip() or not label.strip():
        raise ConfigError(f'--alias {text}: expected FROM=TO, as in "0=negative"')
    return name.strip(), label.strip()
