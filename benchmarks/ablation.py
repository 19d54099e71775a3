"""`python -m benchmarks.ablation`: what each part of the recipe is worth."""

import argparse
import hashlib
import json
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import apart
from benchmarks.behaviour import SUITE
from benchmarks.report import table
from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from training import config as configs
from training import files
from training.config import ConfigError, TrainingConfig
from training.evaluation import behaviour
from training.rows.dataset import fingerprint
from training.rows.sources import find

# Columns: the validation files whose mean each is.
COLUMNS = {
    "IMDB": ["imdb-train.parquet"],
    "SST, three classes": ["sst-dev.parquet"],
    "tweets": ["tweets-train.parquet"],
    "products": ["amazon-books.parquet", "amazon-dvd.parquet", "amazon-electronics.parquet"],
}

_MADE_FROM = "made-from"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is missing, print the table; return the exit status (2 for what can be mended)."""
    options = _parser().parse_args(arguments)
    try:
        rows = read(options.config)
        chosen = _named(options.rows, rows) if options.rows else list(rows)
        for name in chosen:
            model = options.output / slug(name)
            if not _is_of(model, made_from := _made_from(rows[name], options.data)):
                print(f"training: {name}", file=sys.stderr)
                _train(rows[name], model, options.data, made_from)
        print(render([(name, options.output / slug(name)) for name in chosen]))
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def read(path: Path) -> dict[str, TrainingConfig]:
    """Read the rows of an ablation: the base's configuration with some settings changed.

    Raises:
        ConfigError: the file cannot be read, or a row's configuration will not do.
    """
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        base, rows = file["base"], file["rows"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from None
    except KeyError as error:
        raise ConfigError(f"{path}: there is no table {error}; [base] and [rows] must be") from None
    return {
        name: configs.parse(changed(base, settings), origin=f'{path}, "{name}"')
        for name, settings in rows.items()
    }


def changed(base: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with settings such as `fit.dropout` changed; "" leaves a setting out."""
    values = {section: dict(inner) for section, inner in base.items()}
    for name, value in settings.items():
        section, _, key = name.partition(".")
        if value == "":
            values.get(section, {}).pop(key, None)
        else:
            values.setdefault(section, {})[key] = value
    return values


def slug(name: str) -> str:
    """The folder of a row's model."""
    return re.sub(r"\W+", "-", name)


def render(models: Sequence[tuple[str, Path]]) -> str:
    """Render Markdown: macro recall on the validation rows, failures of the behavioural suite."""
    lines = []
    for name, model in models:
        classifier = Classifier.load(bundles.current(model))
        measured = classifier.bundle.manifest.metrics["validation"]
        failures = behaviour.mean_rate(behaviour.run(behaviour.predictor(classifier), SUITE))
        means = [
            sum(measured[file]["macro_recall"] for file in files) / len(files)
            for files in COLUMNS.values()
        ]
        lines.append([name, *(f"{mean:.3f}" for mean in means), f"{100 * failures:.1f} %"])
    return table(["", *COLUMNS, "behaviour, failures"], lines)


def _named(names: Sequence[str], rows: Mapping[str, TrainingConfig]) -> list[str]:
    if unknown := [name for name in names if name not in rows]:
        raise ConfigError(f'--rows: "{unknown[0]}" is not one of {", ".join(rows)}.')
    return list(names)


def _is_of(model: Path, made_from: str) -> bool:
    """Whether there is a model, and it was made with these settings from these files."""
    path = model / _MADE_FROM
    return path.exists() and path.read_text() == made_from


def _train(config: TrainingConfig, model: Path, folders: Sequence[Path], made_from: str) -> None:
    """Train in the place of a model of other settings or files, which is removed."""
    shutil.rmtree(model, ignore_errors=True)
    apart.call(_fit, config, model, folders)
    files.write(model / _MADE_FROM, made_from)


def _fit(config: TrainingConfig, model: Path, folders: Sequence[Path]) -> None:
    """Fit with the tokenizer and the vectors of a row before, if they are the same.

    They take longer than what a row learns from them.
    """
    # here and not above: the parent needs no TensorFlow
    from training.fit import fit
    from training.state import Prepared

    made = model.parent / f"prepared-{_preparation(config, folders)[:12]}.npz"
    prepared = Prepared.from_arrays(dict(np.load(made))) if made.exists() else Prepared()
    fit(config, model, data_directories=folders, prepared=prepared)
    files.replace(made, lambda file: np.savez(file, **prepared.to_arrays()))


def _preparation(config: TrainingConfig, folders: Sequence[Path]) -> str:
    """Name all that the tokenizer, the vectors and the teachers' opinions depend on."""
    weights = dict.fromkeys(("train", "unlabelled", "taught"), {"__all__": {"weight"}})
    parts = config.model_dump(
        mode="json",
        include={"data", "tokenizer", "vectors", "features", "distil"},
        exclude={"data": weights, "vectors": {"rank", "storage"}},
    )
    return _digest([parts, config.fit.seed, _hashes(config, folders)])


def _made_from(config: TrainingConfig, folders: Sequence[Path]) -> str:
    """Name all that a model depends on."""
    return _digest([config.model_dump(mode="json"), _hashes(config, folders)])


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _hashes(config: TrainingConfig, folders: Sequence[Path]) -> list[str | int]:
    """What is in the files that a configuration reads."""
    data = config.data
    sources = (*data.train, *data.validation, *data.test, *data.unlabelled, *data.taught)
    paths = [find(source.path, folders) for source in sources]
    if config.vectors.path is not None:
        paths.append(Path(config.vectors.path))
    return [fingerprint(path)["sha256"] for path in paths]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("benchmarks/ablation.toml"))
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--output", type=Path, default=Path("models/ablation"), help="where the models are kept"
    )
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="some of them; default all")
    return parser


if __name__ == "__main__":
    sys.exit(main())
