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
from benchmarks import report, sets, timing
from benchmarks.sets import EvaluationSet
from benchmarks.systems import PEERS, Ours, Probabilities, System
from sentiment import bundle as bundles
from sentiment.errors import SentimentError
from training import config as configs
from training import sources
from training.config import ConfigError, TrainingConfig
from training.dataset import Examples
from training.evaluate import measure

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
                bundles.current(options.model),
                split=options.split,
                peers=_peers(options.peers),
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
    bundle: Path,
    *,
    split: str = "validation",
    peers: Sequence[str] = tuple(PEERS),
    rounds: int = 100,
) -> dict[str, Any]:
    """Train the peers, and measure all systems.

    Args:
        folder: where the research data sets are; the sample sentences are found by themselves.
        bundle: the version to measure.
        split: `validation` is what the configuration holds out; `test` reads the test files.
        peers: names in `PEERS`.
        rounds: how often each system has its turn to be timed.
    Returns:
        What `report.quality` renders, as JSON values; the first system is ours.
    Raises:
        SentimentError: the data or the model cannot be used.
    """
    labelled = config.data.model_copy(update={"unlabelled": ()})
    directories = [folder, _TRAINING / "samples"]
    data = sources.load(labelled, seed=config.fit.seed, directories=directories)
    ours = Ours(bundle, data.train.label_names)
    measured = _measured(split, folder, config, data)
    systems: list[System] = [ours]
    for name in peers:
        systems.append(_trained(name, data.train, seed=config.fit.seed))

    entries = [_entry(system, measured) for system in systems]
    sentence = timing.text_of(ours.classifier.bundle.tokenizer, _SENTENCE_TOKENS)
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
        "overlap": _overlap(ours, data.train, measured[0]) if split == "test" else None,
        "notes": _notes(ours, config, data),
    }


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


def _overlap(ours: Ours, train: Examples, imdb: EvaluationSet) -> dict[str, Any]:
    """Count the film reviews that ours has seen, and measure it on the others."""
    seen = sets.seen_in(train, imdb.examples)
    unseen = EvaluationSet("IMDB, unseen", imdb.measure, imdb.examples.take(~seen))
    figures = _entry(ours, [unseen])["figures"][unseen.name]
    return {"rows": int(seen.sum()), "accuracy": figures["accuracy"]}


def _notes(ours: Ours, config: TrainingConfig, data: sources.Data) -> list[str]:
    """Say what makes the figures other than they seem."""
    manifest = ours.classifier.bundle.manifest

    def hashes(files: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
        return {(file["role"], file["sha256"]) for file in files if file["role"] != "unlabelled"}

    def choice(training: dict[str, Any]) -> Any:
        return training["data"]["train"], training["fit"]["seed"]

    if hashes(manifest.data) == hashes(data.files) and choice(manifest.training) == choice(
        config.model_dump(mode="json")
    ):
        return []
    return [
        "ours was trained by another configuration or on other files than those given here, so it "
        "may have seen rows that it is measured on, and the peers were not trained on the same."
    ]


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


def _peers(names: str) -> list[str]:
    peers = [name for name in names.split(",") if name]
    for name in peers:
        if name not in PEERS:
            raise ConfigError(f'--peers: "{name}" is not one of {", ".join(PEERS)}.')
    return peers


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
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--config", type=Path, default=_TRAINING / "default.toml")
    parser.add_argument("--peers", default=",".join(PEERS), help="some of %(default)s, or none")
    parser.add_argument("--rounds", type=int, default=100, help="turns of each to be timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--render", type=Path, metavar="FILE", help="print such a file's table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
