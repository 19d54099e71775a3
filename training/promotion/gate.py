"""Whether a new model lost more against the one that serves than the limits let pass."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.promotion import of_task
from training.promotion.limits import Limits


def regressions(compared: Mapping[str, Any], limits: Limits) -> Iterator[str]:
    """Say each way in which the candidate is worse than the limits let pass.

    Args:
        compared: what `compare` found.
    """
    new, old = compared["candidate"], compared["current"]
    yield from of_task.PARTS[compared["task"]].regressions(compared, limits)
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
