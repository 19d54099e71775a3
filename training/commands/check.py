"""Check data files: duplicates, leaks, labels, lengths, damaged texts."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training import files
from training.commands import bundle, data
from training.config import TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "train", nargs="*", metavar="DATA", help="training files: CSV, TSV, JSONL or Parquet"
    )
    data.add_options(parser)
    parser.add_argument("--bundle", type=Path, help="count the tokens of this model")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="word vectors")
    parser.add_argument("--strict", action="store_true", help="warnings are findings too")
    parser.add_argument(
        "--json", metavar="FILE", help='write the report as JSON too; "-" prints it'
    )
    parser.add_argument("--no-text", action="store_true", help="quote no text")


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    from training.check import check
    from training.checks import report as reports

    config = configs.read(options.config) if options.config else TrainingConfig()
    report = check(
        data.configured(config, options),
        directories=options.data,
        bundle=bundle(options.bundle) if options.bundle else None,
        vectors=options.vectors,
    )
    with_text = not options.no_text
    if options.json == "-":
        sys.stdout.write(reports.as_json(report, with_text=with_text))
    else:
        sys.stdout.write(reports.text(report, with_text=with_text))
        if options.json:
            files.write(Path(options.json), reports.as_json(report, with_text=with_text))
    return report.status(strict=options.strict)
