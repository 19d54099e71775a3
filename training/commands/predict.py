"""Score a file of rows: each row, with the model's answer beside it."""

import argparse
import sys
from pathlib import Path
from time import perf_counter

from training.commands import bundle


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("bundle", type=Path, help="a model (its current version) or a bundle")
    parser.add_argument("input", type=Path, help="CSV, TSV, JSONL or Parquet; - for JSONL on stdin")
    parser.add_argument("output", type=Path, help="of the same format; - for JSONL on stdout")
    parser.add_argument("--text-column", default="text", help='default "%(default)s"')
    parser.add_argument("--encoding", default="utf-8", help='as "cp1252"; default "%(default)s"')
    parser.add_argument("--prefix", default="", help="of the columns that are added")
    parser.add_argument(
        "--overflow",
        choices=("window", "truncate", "error"),
        default="window",
        help="what becomes of a text that is longer than the timesteps; default %(default)s",
    )
    parser.add_argument(
        "--batch", type=int, default=2048, help="rows scored together; default %(default)s"
    )
    parser.add_argument("--workers", type=int, help="processes; default one on each core")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted output")


def run(options: argparse.Namespace) -> None:
    """Do it."""
    from training.offline.predict import Options, predict

    chosen = Options(
        text_column=options.text_column,
        encoding=options.encoding,
        prefix=options.prefix,
        batch=options.batch,
        workers=options.workers,
        overflow=options.overflow,
    )
    begun = perf_counter()
    directory = bundle(options.bundle)
    done = predict(directory, options.input, options.output, chosen, resume=options.resume)
    bad = sum(done.bad.values())
    codes = ", ".join(f"{count:,} {code}" for code, count in sorted(done.bad.items()))
    # Not to standard output, which may be the output.
    sys.stderr.write(
        f"{done.rows:,} rows in {perf_counter() - begun:.1f} s, {bad:,} of them without an answer"
        f"{f' ({codes})' if bad else ''}: {options.output}\n"
    )
