"""`python -m benchmarks.label_efficiency`: how many labelled rows of a new domain are enough."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import peers, sets
from benchmarks.peers import LEARNERS, PEERS
from benchmarks.report import table
from benchmarks.systems import Ours, System
from sentiment import bundle as bundles
from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, TrainingConfig
from training.evaluation.measures import measure
from training.rows.dataset import Examples, split, to_examples
from training.rows.sources import learned_from, read_file

_SIZES = (50, 200, 1_000)
_SEEDS = 3
_TESTED = 0.5
_ROWS = "rows.jsonl"


@dataclass(frozen=True)
class Curve:
    """Accuracies of one system: without a row of the domain, and by the number of rows.

    `seconds` are those of its longest training.
    """

    name: str
    without: float | None
    by_size: dict[int, list[float]]  # one for each seed
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        names, notes = peers.installed(peers.named(options.peers, among=LEARNERS))
        config = configs.read(options.config) if options.config else TrainingConfig()
        base = bundles.current(options.model)
        pool, test = domain(config, options.data / options.rows, tested=options.tested)
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


def domain(
    config: TrainingConfig, path: Path, *, tested: float = _TESTED
) -> tuple[Examples, Examples]:
    """Read a domain's rows: some to draw from, and others, always the same, to test on.

    Args:
        tested: the share of these.
    Raises:
        ConfigError: there can be no such share.
        DataError: the file or a row cannot be used.
    """
    if not 0 < tested < 1:
        raise ConfigError(f"--tested {tested:g}: a share between 0 and 1 is expected")
    rows = read_file(config.data, path)
    return split(to_examples([rows]), tested, seed=config.fit.seed)


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
    return _curve(
        ours.name,
        without,
        lambda rows, seed: _gone_on(config, base, rows, seed=seed),
        pool,
        test,
        sizes=sizes,
        seeds=seeds,
    )


def curve_of_peer(
    name: str, pool: Examples, test: Examples, *, sizes: Sequence[int], seeds: int
) -> Curve:
    """Train a peer on each sample; without a row there is none."""
    make = PEERS[name]
    return _curve(
        make.name,
        None,
        lambda rows, seed: make(rows, seed=seed),
        pool,
        test,
        sizes=sizes,
        seeds=seeds,
    )


def _curve(
    name: str,
    without: float | None,
    train: Callable[[Examples, int], System],
    pool: Examples,
    test: Examples,
    *,
    sizes: Sequence[int],
    seeds: int,
) -> Curve:
    """Train a system on each sample of each seed, and measure it."""
    by_size: dict[int, list[float]] = {}
    seconds = 0.0
    for size in sizes:
        by_size[size] = []
        for seed in range(seeds):
            rows = sample(pool, size, seed=seed)
            begun = perf_counter()
            system = train(rows, seed)
            seconds = max(seconds, perf_counter() - begun)
            by_size[size].append(_accuracy(system, test))
    return Curve(name, without, by_size, seconds)


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
            *map(_mean_and_deviation, curve.by_size.values()),
            f"{curve.seconds:.1f}",
        ]
        for curve in curves
    ]
    lines = [
        table(
            ["accuracy", "0 rows", *(f"{size:,} rows" for size in sizes), "seconds at most"], cells
        ),
        "",
        f"{rows}: the same {tested:,} rows to test on throughout; mean and standard deviation "
        f"over {seeds} samples of the other rows, the same ones for every system. Ours goes on "
        "from its weights, and holds a part of each sample out; the peers learn from that sample "
        "alone, and from all of it.",
    ]
    for note in notes:
        lines += ["", f"Note: {note}"]
    return "\n".join(lines)


def _mean_and_deviation(values: Sequence[float]) -> str:
    mean = f"{np.mean(values):.3f}"
    return f"{mean} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else mean


def _gone_on(config: TrainingConfig, base: Path, rows: Examples, *, seed: int) -> System:
    from training.fit import fit  # here and not above: TensorFlow takes seconds to load

    print(f"ours: going on from {base} with {len(rows):,} rows, seed {seed}", file=sys.stderr)
    columns = {"text_column": "text", "label_column": "label", "aliases": {}}
    data = sets.rows_alone(config.data, [_ROWS]).model_copy(update=columns)
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
    if Path(rows).name not in {file["name"] for file in learned_from(manifest.data)}:
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
    parser.add_argument("--config", type=Path, help="how ours goes on; else as fit does")
    parser.add_argument("--peers", default=",".join(LEARNERS), help="some of %(default)s, or none")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(_SIZES), metavar="N")
    parser.add_argument(
        "--tested",
        type=float,
        default=_TESTED,
        metavar="SHARE",
        help="of the rows, for testing alone; default %(default)s",
    )
    parser.add_argument("--seeds", type=int, default=_SEEDS, help="samples of each size")
    return parser


if __name__ == "__main__":
    sys.exit(main())
