"""`python -m benchmarks.label_efficiency`: how many labelled rows of a new domain are enough."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.peers import LEARNERS, PEERS
from benchmarks.report import table
from benchmarks.systems import Ours, System
from sentiment import bundle as bundles
from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, Source, TrainingConfig
from training.evaluation.measures import measure
from training.rows.dataset import Examples, split, to_examples
from training.rows.sources import read_file

_SIZES = (50, 200, 1_000)
_SEEDS = 3
_ROWS = "rows.jsonl"


@dataclass(frozen=True)
class Curve:
    """Accuracies of one system: without a row of the domain, and by the number of rows."""

    name: str
    without: float | None
    by_size: dict[int, list[float]]  # one for each seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        names, notes = peers.installed(peers.named(options.peers, among=LEARNERS))
        config = configs.read(options.config)
        base = bundles.current(options.model)
        pool, test = domain(config, options.data / options.rows)
        _check(options.sizes, options.seeds, pool)
        ours = curve_of_ours(config, base, pool, test, sizes=options.sizes, seeds=options.seeds)
        curves = [ours]
        for name in names:
            curves.append(curve_of_peer(name, pool, test, sizes=options.sizes, seeds=options.seeds))
        notes += _seen(base, options.rows)
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(render(curves, notes, rows=options.rows, tested=len(test), seeds=options.seeds))
    return 0


def domain(config: TrainingConfig, path: Path) -> tuple[Examples, Examples]:
    """Read a domain's rows: half of them to draw from, and half, always the same, to test on.

    Raises:
        DataError: the file or a row cannot be used.
    """
    rows = read_file(config.data, path)
    return split(to_examples([rows]), 0.5, seed=config.fit.seed)


def curve_of_ours(
    config: TrainingConfig,
    base: Path,
    pool: Examples,
    test: Examples,
    *,
    sizes: Sequence[int],
    seeds: int,
) -> Curve:
    """Measure a bundle as it is, and as it goes on from each sample: `fit --from`.

    Raises:
        LabelsDiffer: the bundle does not know the domain's labels.
    """
    ours = Ours(base, pool.label_names)
    without = _accuracy(ours, test)
    by_size = {
        size: [
            _accuracy(_gone_on(config, base, sample(pool, size, seed=seed), seed=seed), test)
            for seed in range(seeds)
        ]
        for size in sizes
    }
    return Curve(ours.name, without, by_size)


def curve_of_peer(
    name: str, pool: Examples, test: Examples, *, sizes: Sequence[int], seeds: int
) -> Curve:
    """Train a peer on each sample; without a row there is none."""
    make = PEERS[name]
    by_size = {
        size: [
            _accuracy(make(sample(pool, size, seed=seed), seed=seed), test) for seed in range(seeds)
        ]
        for size in sizes
    }
    return Curve(make.name, None, by_size)


def sample(pool: Examples, size: int, *, seed: int) -> Examples:
    """Draw rows at random; a larger sample of the same seed holds the smaller ones."""
    return pool.take(np.random.default_rng(seed).permutation(len(pool))[:size])


def render(
    curves: Sequence[Curve], notes: Sequence[str], *, rows: str, tested: int, seeds: int
) -> str:
    """Render the table, in Markdown, and what must be said below it."""
    sizes = list(curves[0].by_size)
    cells = [
        [
            curve.name,
            "" if curve.without is None else f"{curve.without:.3f}",
            *(f"{np.mean(values):.3f} ± {np.std(values):.3f}" for values in curve.by_size.values()),
        ]
        for curve in curves
    ]
    lines = [
        table(["accuracy", "0 rows", *(f"{size:,} rows" for size in sizes)], cells),
        "",
        f"{rows}: the same {tested:,} rows to test on throughout; mean and standard deviation "
        f"over {seeds} samples of the other rows, the same ones for every system. Ours goes on "
        "from its weights, and holds a part of each sample out; the peers learn from that sample "
        "alone, and from all of it.",
    ]
    for note in notes:
        lines += ["", f"Note: {note}"]
    return "\n".join(lines)


def _gone_on(config: TrainingConfig, base: Path, rows: Examples, *, seed: int) -> System:
    from training.fit import fit  # here and not above: TensorFlow takes seconds to load

    print(f"ours: going on from {base} with {len(rows):,} rows, seed {seed}", file=sys.stderr)
    data = config.data.model_copy(
        update={"train": (Source(path=_ROWS),), "text_column": "text", "label_column": "label"}
    )
    settings = config.fit.model_copy(update={"seed": seed})
    config = config.model_copy(update={"data": data, "fit": settings})
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / _ROWS).open("w", encoding="utf-8") as file:
            for text, label in zip(rows.texts, rows.labels, strict=True):
                file.write(json.dumps({"text": text, "label": rows.label_names[label]}) + "\n")
        directory = fit(config, Path(folder) / "model", data_directories=[Path(folder)], base=base)
        return Ours(directory, rows.label_names)


def _accuracy(system: System, test: Examples) -> float:
    values = measure(system.probabilities(test.texts), test.labels, test.label_names)
    accuracy: float = values["accuracy"]
    return accuracy


def _seen(base: Path, rows: str) -> list[str]:
    """Say so where the model has been trained on the file that it is measured on."""
    manifest = bundles.load(base).manifest
    if rows not in {file["name"] for file in manifest.data}:
        return []
    return [
        f"the model was trained on {rows} itself, so its figures say nothing of a new domain. "
        "Name one that was not with --model."
    ]


def _check(sizes: Sequence[int], seeds: int, pool: Examples) -> None:
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds}: at least 1 is needed")
    for size in sizes:
        if not 20 <= size <= len(pool):
            raise ConfigError(
                f"--sizes {size}: from 20 to {len(pool):,} rows can be drawn from "
                f"{', '.join(pool.source_names)}"
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.label_efficiency", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--rows", default="amazon-electronics.parquet", metavar="FILE")
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument(
        "--config", type=Path, default=Path(__file__).with_suffix(".toml"), help="how ours goes on"
    )
    parser.add_argument("--peers", default=",".join(LEARNERS), help="some of %(default)s, or none")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(_SIZES), metavar="N")
    parser.add_argument("--seeds", type=int, default=_SEEDS, help="samples of each size")
    return parser


if __name__ == "__main__":
    sys.exit(main())
