"""Train a model and save it as a new version."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import bundle, data, minutes
from training.config import CHECKPOINT_MINUTES, ConfigError, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    purpose = parser.add_mutually_exclusive_group(required=True)
    purpose.add_argument("--output", type=Path, help="the model, as models/NAME")
    purpose.add_argument(
        "--folds", type=_at_least_two, metavar="K", help="cross-validate, and save no model"
    )
    parser.add_argument("--train", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument("--from", type=Path, dest="base", help="a model or bundle to go on from")
    data.add_options(parser)
    parser.add_argument(
        "--deterministic", action="store_true", help="the same bytes each time; takes longer"
    )
    once = parser.add_mutually_exclusive_group()
    once.add_argument(
        "--seeds", type=_at_least_two, default=1, metavar="N", help="train N times, save the best"
    )
    once.add_argument(
        "--resume", action="store_true", help="go on with this run, where it was interrupted"
    )
    parser.add_argument(
        "--checkpoint-minutes",
        type=minutes,
        default=CHECKPOINT_MINUTES,
        metavar="N",
        help=f"how often an epoch's learning is kept for --resume; default {CHECKPOINT_MINUTES:g}",
    )


def run(options: argparse.Namespace) -> None:
    """Do it."""
    config = configs.read(options.config) if options.config else TrainingConfig()
    config = data.configured(config, options)
    if options.deterministic:
        learning = config.fit.model_copy(update={"deterministic": True})
        config = config.model_copy(update={"fit": learning})
    if options.folds and (options.resume or options.seeds > 1):
        raise ConfigError("--folds saves no model: it goes without --resume and --seeds")
    from training.fit import cross_validate, fit  # after the configuration, which needs no Keras

    base = bundle(options.base) if options.base else None
    if options.folds:
        figures = cross_validate(config, options.folds, data_directories=options.data, base=base)
        sys.stdout.write(figures)
        return
    directory = fit(
        config,
        options.output,
        data_directories=options.data,
        base=base,
        seeds=options.seeds,
        resume=options.resume,
        checkpoint_minutes=options.checkpoint_minutes,
    )
    sys.stdout.write(f"{(directory / 'model_card.md').read_text(encoding='utf-8')}\n")
    sys.stdout.write(f"saved: {directory}\n")


def _at_least_two(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"expected a number of 2 or more, received {text!r}")
    return int(text)
