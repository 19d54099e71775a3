"""`python -m benchmarks.scratch`: what a fit with the default settings reaches, and costs."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import apart
from benchmarks.apart import Cost
from sentiment.errors import SentimentError

LEAST_ACCURACY = 0.9
MOST_MINUTES = 6
MOST_BYTES = 3 * 1000**3


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; return the exit status (1 for a missed floor, 2 for an error)."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            cost, accuracy = measured(options, Path(folder))
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"fit on {', '.join(options.train)}, vectors included")
    print(f"accuracy on {options.test}: {accuracy:.4f}")
    print(f"minutes: {cost.seconds / 60:.2f} (of processor time: {cost.processor / 60:.2f})")
    print(f"peak memory: {cost.peak / 1e9:.2f} GB")
    missed = list(below(cost, accuracy)) if options.check else []
    for floor in missed:
        print(f"missed: {floor}", file=sys.stderr)
    return 1 if missed else 0


def measured(options: argparse.Namespace, folder: Path) -> tuple[Cost, float]:
    """Fit by the command line, and ask the saved model; both are thrown away.

    Raises:
        CommandFailed: the data or the settings cannot be used.
    """
    model, report = str(folder / "model"), folder / "report.json"
    settings = ["--config", str(options.config)] if options.config else []
    data = ["--train", *options.train, "--test", options.test, "--data", str(options.data)]
    fit = ["fit", *data, *settings]
    cost = apart.run("training", [*fit, "--output", model])
    test = str(options.data / options.test)
    apart.run("training", ["evaluate", model, test, "--no-text", "--json", str(report)])
    return cost, json.loads(report.read_text(encoding="utf-8"))["figures"]["accuracy"]


def below(cost: Cost, accuracy: float) -> list[str]:
    """Return the floors that were missed, in words."""
    floors = [
        (accuracy >= LEAST_ACCURACY, f"an accuracy of {LEAST_ACCURACY} is wanted"),
        (cost.seconds <= 60 * MOST_MINUTES, f"at most {MOST_MINUTES} minutes are wanted"),
        (cost.peak < MOST_BYTES, f"less than {MOST_BYTES / 1e9:.0f} GB is wanted"),
    ]
    return [floor for met, floor in floors if not met]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scratch", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--train", nargs="+", default=["imdb-train.parquet"], metavar="FILE")
    parser.add_argument(
        "--test",
        default="imdb-test.parquet",
        metavar="FILE",
        help="measured once, at the end; default %(default)s",
    )
    parser.add_argument("--config", type=Path, help="instead of the default settings")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a floor is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
