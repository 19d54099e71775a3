"""`python -m benchmarks.memory`: the most memory that a fit takes, measured on one epoch."""

import argparse
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import apart, sets
from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, TrainingConfig

MOST_BYTES = 4 * 1000**3


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the peak; return the exit status (1 for a missed floor, 2 for what can be mended)."""
    options = _parser().parse_args(arguments)
    try:
        config = _one_epoch(configs.read(options.config), options.train)
        for path in options.train:
            if not (options.data / path).is_file():
                raise ConfigError(
                    f"{options.data / path}: there is no such file to train on. Name the folder "
                    "with --data, or with DATA= for make."
                )
        peak = peak_of_fit(config, options.data)
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"peak memory of a fit on {', '.join(options.train)}: {peak / 1e9:.2f} GB")
    if options.check and peak >= MOST_BYTES:
        print(f"missed: less than {MOST_BYTES / 1e9:.0f} GB is wanted", file=sys.stderr)
        return 1
    return 0


def peak_of_fit(config: TrainingConfig, folder: Path) -> int:
    """Train in a process of its own, throw the model away, and return its peak memory in bytes.

    Raises:
        CommandFailed: the fit failed; its own output says why.
    """
    with tempfile.TemporaryDirectory() as output:
        apart.call(_fit, config, Path(output) / "model", folder)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def _fit(config: TrainingConfig, output: Path, folder: Path) -> None:
    from training.fit import fit  # here and not above: the parent needs no TensorFlow

    fit(config, output, data_directories=[folder])


def _one_epoch(config: TrainingConfig, train: Sequence[str]) -> TrainingConfig:
    """Keep the configuration's settings, on other files; a part of them is held out."""
    data = sets.rows_alone(config.data, train)
    fit = config.fit.model_copy(update={"epochs": 1})
    return config.model_copy(update={"data": data, "fit": fit})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--train", nargs="+", default=["imdb-train.parquet"], metavar="FILE")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("memory.toml"))
    parser.add_argument(
        "--check", action="store_true", help=f"exit with 1 from {MOST_BYTES / 1e9:.0f} GB on"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
