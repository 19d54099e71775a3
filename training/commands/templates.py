"""Write labelled sentences from templates."""

import argparse
import sys
from pathlib import Path

from training.config import ConfigError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.csv")
    parser.add_argument("--rows", type=int, default=111_000, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")


def run(options: argparse.Namespace) -> None:
    """Do it."""
    if options.rows < 1:
        raise ConfigError(f"--rows {options.rows}: must be 1 or more")
    from training import templates

    rows = templates.generate(options.seed, options.rows)
    templates.write(options.output, rows)
    sys.stdout.write(f"saved: {options.output} ({len(rows):,} rows)\n")
