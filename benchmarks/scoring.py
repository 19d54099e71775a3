"""`python -m benchmarks.scoring`: how many short rows a second `training predict` classifies."""

import argparse
import csv
import itertools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import apart
from benchmarks.apart import Cost
from benchmarks.arguments import positive
from sentiment.errors import SentimentError

MOST_SECONDS_OF_A_MILLION = 120
_ROWS = Path(__file__).resolve().parents[1] / "training" / "samples" / "train.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print rows a second; return the exit status (1 for a missed floor, 2 for an error)."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            cost = cost_of(options.model, options.rows, options.workers, Path(folder))
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    of_a_million = cost.seconds / options.rows * 1e6
    a_second = options.rows / cost.seconds
    print(f"{options.rows:,} rows in {cost.seconds:.1f} s: {a_second:,.0f} a second")
    print(f"a million at that speed: {of_a_million:.0f} s")
    print(f"processor time of a row: {cost.processor / options.rows * 1e6:.0f} µs")
    print(f"peak memory of a process: {cost.peak / 1e6:.0f} MB")
    if options.check and of_a_million > MOST_SECONDS_OF_A_MILLION:
        print(
            f"missed: at most {MOST_SECONDS_OF_A_MILLION} s are wanted for a million rows",
            file=sys.stderr,
        )
        return 1
    return 0


def cost_of(model: Path, rows: int, workers: int, folder: Path) -> Cost:
    """Score a file of so many rows: the sample sentences, again and again.

    Raises:
        CommandFailed: the model cannot be used.
    """
    with _ROWS.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    source = folder / "rows.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([text] for text in itertools.islice(itertools.cycle(texts), rows))
    command = ["predict", str(model), str(source), str(folder / "scored.csv")]
    return apart.run("training", [*command, "--workers", str(workers)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--rows", type=positive, default=1_000_000, metavar="N")
    parser.add_argument("--workers", type=positive, default=2, metavar="N")
    parser.add_argument("--check", action="store_true", help="exit with 1 where it takes longer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
