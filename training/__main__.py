"""The command line: `python -m training …`."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from sentiment.errors import SentimentError
from training.commands import (
    check,
    datasets,
    evaluate,
    export_keras,
    fit,
    predict,
    promote,
    shapes,
    templates,
    tune,
)

_COMMANDS = {
    "fit": fit,
    "check": check,
    "shapes": shapes,
    "tune": tune,
    "evaluate": evaluate,
    "promote": promote,
    "predict": predict,
    "datasets": datasets,
    "templates": templates,
    "export-keras": export_keras,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (2 for what the user can mend, 1 for a refusal)."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("gensim").setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        return options.run(options) or 0
    except SentimentError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt as stop:
        sys.stderr.write(f"interrupted: {str(stop) or 'nothing is half-written'}\n")
        return 130


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands; each module's docstring is its command's help."""
    top = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="command")
    for name, module in _COMMANDS.items():
        summary = (module.__doc__ or "").strip()
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_options(command)
        command.set_defaults(run=module.run)
    return top


if __name__ == "__main__":
    sys.exit(main())
