"""What a new model may lose against the one that serves, and whether it lost more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training.config import ConfigError


@dataclass(frozen=True)
class Limits:
    """The most that a promotion lets pass.

    A significant loss of accuracy never passes. `drop` is for what few rows cannot show: a loss
    that large is refused, significant or not.
    """

    significance: float = 0.05  # of McNemar's test
    drop: float = 0.02  # of accuracy, and of macro F1
    calibration: float = 0.02  # rise of the calibration error
    suite: float = 0.01  # rise of the behavioural suite's mean failure rate
    slowdown: float = 1.5  # times the milliseconds of a text
    growth: float = 1.5  # times the bytes

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise ConfigError(f"the limit of {name} is {value}: expected 0 or more")


def regressions(compared: Mapping[str, Any], limits: Limits) -> Iterator[str]:
    """Say each way in which the candidate is worse than the limits let pass.

    Args:
        compared: what `compare` found.
    """
    new, old = compared["candidate"], compared["current"]
    test = compared["mcnemar"]
    if test["broken"] > test["mended"] and test["p"] < limits.significance:
        yield (
            f"It is right less often: {test['broken']} rows broke and {test['mended']} were "
            f"mended (McNemar's exact test, p = {test['p']:.2g}, below {limits.significance:g})."
        )
    for name, title in (("accuracy", "Accuracy"), ("macro_f1", "Macro F1")):
        before, after = old["figures"][name], new["figures"][name]
        if before - after > limits.drop:
            yield (f"{title} falls from {before:.3f} to {after:.3f}, by more than {limits.drop:g}.")
    before, after = (one["figures"]["calibration_error"] for one in (old, new))
    if after - before > limits.calibration:
        yield (
            f"The calibration error rises from {before:.3f} to {after:.3f}, by more than "
            f"{limits.calibration:g}."
        )
    if suite := compared["suite"]:
        before, after = suite["current"]["mean"], suite["candidate"]["mean"]
        if after - before > limits.suite:
            yield (
                f"Failures of the behavioural suite rise from {before:.1%} to {after:.1%}, by "
                f"more than {limits.suite:.1%}."
            )
    speed = compared["speed"]
    if speed["ratio"] > limits.slowdown:
        yield (
            f"A text takes {speed['ratio']:.2f} times as long ({speed['candidate']:.2f} ms, was "
            f"{speed['current']:.2f}); {limits.slowdown:g} times is the most."
        )
    if new["bytes"] > limits.growth * old["bytes"]:
        yield (
            f"The bundle is {new['bytes'] / old['bytes']:.2f} times as large "
            f"({new['bytes'] / 1e6:.1f} MB, was {old['bytes'] / 1e6:.1f}); {limits.growth:g} times "
            "is the most."
        )
