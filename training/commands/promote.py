"""Serve a model instead of the current one, unless it is worse."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from training.commands import bundle, columns
from training.config import ConfigError, DataConfig
from training.promotion.limits import Limits

# The options by the limits that they set.
_LIMITS = {
    "significance": ("--significance", "level of the test for a loss (McNemar's, Wilcoxon's)"),
    "drop": ("--max-drop", "most that accuracy and macro F1 (or Spearman's correlation) may fall"),
    "error": ("--max-error-rise", "most that the mean absolute error may rise, as a share"),
    "calibration": ("--max-calibration-rise", "most that the calibration error may rise"),
    "suite": ("--max-suite-rise", "most that the suite's mean failure rate may rise"),
    "slowdown": ("--max-slowdown", "most times the current one's milliseconds of a text"),
    "growth": ("--max-growth", "most times the current one's bytes"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("bundle", type=Path, help="a bundle, or a model (its current version)")
    parser.add_argument(
        "--against", type=Path, required=True, metavar="MODEL", help="what serves, as models/NAME"
    )
    parser.add_argument(
        "--on", type=Path, nargs="+", required=True, metavar="DATA", help="rows to compare on"
    )
    columns.add_options(parser)
    parser.add_argument(
        "--suite", type=Path, metavar="FOLDER", help="a behavioural suite, as tests/behaviour"
    )
    defaults = Limits()
    for name, (option, meaning) in _LIMITS.items():
        parser.add_argument(
            option,
            type=float,
            dest=f"limit_{name}",
            default=getattr(defaults, name),
            metavar="X",
            help=f"{meaning}; default %(default)s",
        )
    parser.add_argument("--force", metavar="REASON", help="promote it anyway, and record why")
    parser.add_argument("--no-text", action="store_true", help="show no excerpt of a text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparison there")


def run(options: argparse.Namespace) -> int:
    """Do it; return 1 where the candidate is refused."""
    limits = Limits(**{name: getattr(options, f"limit_{name}") for name in _LIMITS})
    chosen = columns.chosen(options)
    if options.force is not None and not options.force.strip():
        raise ConfigError("--force: expected a reason, which is recorded")
    from sentiment import bundle as bundles
    from training import files
    from training.evaluation import labelled
    from training.promotion import promotion_report, promotions
    from training.promotion.compare import compare
    from training.promotion.gate import regressions

    current, candidate = bundles.current(options.against), bundle(options.bundle)
    if candidate.resolve() == current.resolve():
        raise ConfigError(f"{candidate} is what {options.against} serves already.")
    served = bundles.load(current).manifest
    config = DataConfig(**chosen, task=served.task)
    data = labelled.read(config, options.on, served.labels, others=())
    compared = compare(candidate, current, data, suite=options.suite, with_text=not options.no_text)
    reasons = list(regressions(compared, limits))
    sys.stdout.write(promotion_report.render(compared, reasons))
    if options.json:
        decided = {**compared, "limits": asdict(limits), "reasons": reasons}
        files.write(options.json, json.dumps(decided, indent=1, ensure_ascii=False) + "\n")
    if reasons and options.force is None:
        sys.stdout.write(f"refused: {options.against} still serves {current.name}\n")
        return 1
    promoted = promotions.promote(
        candidate,
        options.against,
        {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "from": str(options.bundle),
            "limits": asdict(limits),
            "overridden": reasons,
            "force": options.force,
            "compared": {name: value for name, value in compared.items() if name != "flips"},
        },
        instead_of=current.name,
    )
    sys.stdout.write(f"promoted: {promoted}\n")
    return 0
