"""The command line: `python -m training …`."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, Source, TrainingConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("gensim").setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        options.run(options)
    except SentimentError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was saved\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    fit = commands.add_parser("fit", help="train a model and save it as a new version")
    fit.set_defaults(run=_fit)
    fit.add_argument("--output", type=Path, required=True, help="the model, as models/NAME")
    fit.add_argument("--config", type=Path, help="a TOML file; what it leaves out has a default")
    fit.add_argument("--train", nargs="+", metavar="FILE", help="CSV, TSV, JSONL or Parquet")
    fit.add_argument("--validation", nargs="+", metavar="FILE", help="else a part is held out")
    fit.add_argument("--unlabelled", nargs="+", metavar="FILE", help="more text for the vectors")
    fit.add_argument(
        "--data", nargs="+", type=Path, default=(), metavar="FOLDER", help="where the files are"
    )
    fit.add_argument("--from", type=Path, dest="base", help="a model or bundle to go on from")
    fit.add_argument("--text-column", help='default "text"')
    fit.add_argument("--label-column", help='default "label"')
    fit.add_argument("--encoding", help='of the files, as "cp1252"; default "utf-8"')
    fit.add_argument(
        "--alias", action="append", metavar="FROM=TO", help="a label's name, as 0=negative"
    )

    templates = commands.add_parser("templates", help="write labelled sentences from templates")
    templates.set_defaults(run=_templates)
    templates.add_argument("--output", type=Path, required=True, metavar="FILE.csv")
    templates.add_argument("--rows", type=int, default=16000, help="default %(default)s")
    templates.add_argument("--seed", type=int, default=1, help="default %(default)s")

    keras = commands.add_parser("export-keras", help="write a bundle's network as a Keras model")
    keras.set_defaults(run=_export_keras)
    keras.add_argument("bundle", type=Path, help="a model (its current version) or a bundle")
    keras.add_argument("output", type=Path, help="a file that ends in .keras")
    return parser


def _fit(options: argparse.Namespace) -> None:
    config = configs.read(options.config) if options.config else TrainingConfig()
    config = _with_options(config, options)
    from training.fit import fit  # after the configuration, whose errors need no TensorFlow

    base = _bundle(options.base) if options.base else None
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


def _bundle(path: Path) -> Path:
    """Take `models/NAME` as its current version, and a version as itself."""
    from sentiment import bundle

    return path if (path / bundle.MANIFEST).exists() else bundle.current(path)


def _templates(options: argparse.Namespace) -> None:
    from training import templates

    rows = templates.generate(options.seed, options.rows)
    templates.write(options.output, rows)
    sys.stdout.write(f"saved: {options.output} ({len(rows):,} rows)\n")


def _export_keras(options: argparse.Namespace) -> None:
    from training.export import export_keras

    export_keras(_bundle(options.bundle), options.output)
    sys.stdout.write(f"saved: {options.output}\n")


if __name__ == "__main__":
    sys.exit(main())
