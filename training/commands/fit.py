"""Train a model and save it as a new version."""

import argparse
import sys
from pathlib import Path

from training import config as configs
from training.commands import bundle
from training.config import ConfigError, Source, TrainingConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    purpose = parser.add_mutually_exclusive_group(required=True)
    purpose.add_argument("--output", type=Path, help="the model, as models/NAME")
    purpose.add_argument(
        "--folds", type=_at_least_two, metavar="K", help="cross-validate, and save no model"
    )
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
        type=_minutes,
        default=10,
        metavar="N",
        help="how often an epoch's learning is kept for --resume; default 10",
    )


def run(options: argparse.Namespace) -> None:
    """Do it."""
    config = configs.read(options.config) if options.config else TrainingConfig()
    config = _with_options(config, options)
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
    fit = {"deterministic": True} if options.deterministic else {}
    return config.model_copy(
        update={
            "data": config.data.model_copy(update=data),
            "fit": config.fit.model_copy(update=fit),
        }
    )


def _alias(text: str) -> tuple[str, str]:
    name, equals, label = text.partition("=")
    if not equals or not name.strip() or not label.strip():
        raise ConfigError(f'--alias {text}: expected FROM=TO, as in "0=negative"')
    return name.strip(), label.strip()


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < float("inf"):
        raise argparse.ArgumentTypeError(f"expected minutes, 0 or more, received {text!r}")
    return minutes


def _at_least_two(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"expected a number of 2 or more, received {text!r}")
    return int(text)
