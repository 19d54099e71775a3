"""The command line: `python -m service …`, for what is done beside serving."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sentiment.errors import SentimentError
from service import activation, keys
from service.settings import Settings, variable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (SentimentError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m service", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    activate = commands.add_parser("activate", help="verify a version, and serve it from now on")
    activate.set_defaults(run=_activate)
    activate.add_argument("name", help="the model, a folder in SENTIMENT_MODELS")
    activate.add_argument("version")

    rollback = commands.add_parser("rollback", help="serve the version that was active before")
    rollback.set_defaults(run=_roll_back)
    rollback.add_argument("name", help="the model, a folder in SENTIMENT_MODELS")

    key = commands.add_parser("key", help="make a key, and its hash for the settings")
    key.set_defaults(run=_key)
    return parser


def _activate(options: argparse.Namespace) -> None:
    activation.activate(_models() / options.name, options.version)
    sys.stdout.write(f"{options.name}: version {options.version} is active\n")


def _roll_back(options: argparse.Namespace) -> None:
    options.version = activation.last(_models() / options.name)
    _activate(options)


def _models() -> Path:
    """The directory of the models. What else the environment says is for who serves: in the image
    it names an address beyond loopback, and no keys yet."""
    named = {name: os.environ[name] for name in (variable("models"),) if name in os.environ}
    return Settings.from_environment(named).models


def _key(_: argparse.Namespace) -> None:
    key, hashed = keys.make()
    sys.stdout.write(f"key (for the client):   {key}\nhash (for the settings): {hashed}\n")


if __name__ == "__main__":
    sys.exit(main())
