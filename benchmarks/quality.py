"""`python -m benchmarks.quality`: how good the model is, beside peers trained on the same rows."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import training
from benchmarks import peers, report, sets, timing
from benchmarks.arguments import positive
from benchmarks.peers import PEERS
from benchmarks.sets import EvaluationSet
from benchmarks.systems import Ours, Probabilities, System
from sentiment import bundle as bundles
from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, TrainingConfig
from training.evaluation.measures import measure
from training.rows import sources
from training.rows.dataset import Examples

_TRAINING = Path(training.__file__).parent
_SENTENCE_TOKENS = 20
_TEXTS_AT_ONCE = 256


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        if options.render:
            results = _read_results(options.render)
        else:
            results = run(
                configs.read(options.config),
                _folder(options.data),
                [bundles.current(model) for model in options.model],
                split=options.split,
                names=peers.named(options.peers),
                rounds=options.rounds,
            )
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(report.quality(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def run(
    config: TrainingConfig,
    folder: Path,
    models: Sequence[Path],
    *,
    split: str = "validation",
    names: Sequence[str] = tuple(PEERS),
    rounds: int = 100,
) -> dict[str, Any]:
    """Train the peers, and measure all systems.

    Args:
        folder: where the research data sets are; the sample sentences are found by themselves.
        models: the versions to measure.
        split: `validation` is what the configuration holds out; `test` reads the test files.
        names: of peers in `PEERS`; one that is not installed is left out, and a note says so.
        rounds: how often each system has its turn to be timed.
    Returns:
        What `report.quality` renders, as JSON values.
    Raises:
        SentimentError: the data or a model cannot be used.
    """
    there, notes = peers.installed(names)
    labelled = config.data.model_copy(update={"unlabelled": (), "taught": ()})
    if split == "test":  # no text of theirs is learned from, whatever the configuration says
        labelled = labelled.model_copy(update={"test": sets.test_sources()})
    directories = [folder, _TRAINING / "samples"]
    data = sources.load(labelled, seed=config.fit.seed, directories=directories)
    ours = _ours(models, data.train.label_names)
    measured = _measured(split, folder, config, data)
    systems: list[System] = [
        *ours,
        *(_trained(name, data.train, seed=config.fit.seed) for name in there),
    ]

    entries = [_entry(system, measured) for system in systems]
    sentence = timing.text_of(ours[0].classifier.bundle.tokenizer, _SENTENCE_TOKENS)
    _say(f"timing one sentence of {_SENTENCE_TOKENS} tokens on one core")
    with timing.one_core():
        times = timing.interleaved(
            {system.name: partial(system.probabilities, [sentence]) for system in systems},
            rounds=rounds,
        )
    for entry in entries:
        entry["milliseconds"] = asdict(times[entry["name"]])
    return {
        "split": split,
        "training_rows": len(data.train),
        "tokens": _SENTENCE_TOKENS,
        "sets": {s.name: {"measure": s.measure, "rows": len(s.examples)} for s in measured},
        "systems": entries,
        "ours": [system.name for system in ours],
        "notes": [
            *(note for system in ours for note in _notes(system, config, data)),
            *(system.note for system in systems if system.note),
            *notes,
        ],
    }


def _ours(models: Sequence[Path], label_names: Sequence[str]) -> list[Ours]:
    ours = [Ours(model, label_names) for model in models]
    names = [system.name for system in ours]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"--model: {', '.join(map(str, models))} are named {', '.join(names)}, and a table "
            "tells systems apart by their names. Name models of different folders."
        )
    return ours


def _measured(
    split: str, folder: Path, config: TrainingConfig, data: sources.Data
) -> list[EvaluationSet]:
    if split == "test":
        return sets.test_sets(folder, config.data, data.train.label_names)
    measured = sets.validation_sets(data.validation)
    if not measured:
        raise ConfigError(
            "the configuration holds out rows of none of the data sets that are measured, only of "
            f"{', '.join(data.validation.source_names)}: take training/default.toml."
        )
    return measured


def _trained(name: str, train: Examples, *, seed: int) -> System:
    make = PEERS[name]
    _say(f"{make.name}: made from {len(train):,} rows")
    start = time.perf_counter()
    system = make(train, seed=seed)
    _say(f"{make.name}: took {time.perf_counter() - start:.0f} s")
    return system


def _entry(system: System, measured: Sequence[EvaluationSet]) -> dict[str, Any]:
    figures = {}
    for one in measured:
        answers = _answers(system, one)
        figures[one.name] = measure(answers, one.examples.labels, one.examples.label_names)
    return {"name": system.name, "figures": figures, "bytes": system.bytes_on_disk}


def _answers(system: System, one: EvaluationSet) -> Probabilities:
    """Return float64 (n, C)."""
    texts = one.examples.texts
    starts = range(0, len(texts), _TEXTS_AT_ONCE)
    return np.concatenate(
        [
            system.probabilities(texts[start : start + _TEXTS_AT_ONCE])
            for start in tqdm(starts, desc=f"{system.name}: {one.name}", leave=False)
        ]
    )


def _notes(ours: Ours, config: TrainingConfig, data: sources.Data) -> list[str]:
    """Say so where the model may have learned other rows than the peers did."""
    manifest = ours.classifier.bundle.manifest

    def hashes(files: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
        return {
            (file["role"], file["sha256"])
            for file in files
            if file["role"] in ("train", "validation", "test")
        }

    trained_by = _configuration(ours)
    if (
        trained_by is not None
        and hashes(manifest.data) == hashes(data.files)
        and sources.holdout(trained_by) == sources.holdout(config)
    ):
        return []
    return [
        f"{ours.name} was trained by another configuration or on other files than those given "
        "here, so it may have seen rows that it is measured on, and the peers were not trained on "
        "the same."
    ]


def _configuration(ours: Ours) -> TrainingConfig | None:
    try:
        return configs.of_data(ours.classifier.bundle.manifest.training, origin=ours.name)
    except ConfigError:  # as where another release wrote it
        return None


def _folder(path: Path | None) -> Path:
    wanted = (
        "the research data sets (imdb-train.parquet and those that training/default.toml names; "
        "docs/benchmarks.md says where they come from). Name their folder with --data, or with "
        "DATA= for make."
    )
    if path is None:
        raise ConfigError(f"no --data: wanted {wanted}")
    if not path.is_dir():
        raise ConfigError(f"{path}: there is no such folder; wanted {wanted}")
    return path


def _read_results(path: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as results of --json: {error}") from None
    return results


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of the research data sets")
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument(
        "--model",
        type=Path,
        nargs="+",
        default=[Path("models/default")],
        help="one or several, each in its current version",
    )
    parser.add_argument("--config", type=Path, default=_TRAINING / "default.toml")
    parser.add_argument("--peers", default=",".join(PEERS), help="some of %(default)s, or none")
    parser.add_argument("--rounds", type=positive, default=100, help="turns of each to be timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--render", type=Path, metavar="FILE", help="print such a file's table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
