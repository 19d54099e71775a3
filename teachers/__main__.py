"""The command line: `python -m teachers --config F.toml --data … --output models/NAME`."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sentiment.errors import SentimentError
from training import config as configs
from training.config import ConfigError, TrainingConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages; return the exit status (2 for what the user can mend)."""
    parser = argparse.ArgumentParser(
        prog="python -m teachers", description="Fine-tune a transformer, and let it label texts."
    )
    parser.add_argument("--config", type=Path, required=True, help="a TOML file, as fit's")
    parser.add_argument("--data", nargs="+", type=Path, default=(), metavar="FOLDER")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        config = configs.read(options.config)
        _stages()(config, options.data, options.output)
    except SentimentError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: the stages that had ended are kept\n")
        return 130
    return 0


def _stages() -> Callable[[TrainingConfig, Sequence[Path], Path], None]:
    try:
        from teachers.stages import run  # after the configuration, whose errors need no PyTorch
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{error.name} is not installed: `make .venv/.teachers` installs what teachers/ needs"
        ) from None
    return run


if __name__ == "__main__":
    sys.exit(main())
