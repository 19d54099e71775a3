"""What a new model may lose against the one that serves."""

import math
from dataclasses import dataclass

from training.config import ConfigError


@dataclass(frozen=True)
class Limits:
    """The most that a promotion lets pass.

    A significant loss never passes. `drop` and `error` are for what few rows cannot show: a loss
    that large is refused, significant or not.
    """

    significance: float = 0.05  # of McNemar's test; of a regression Wilcoxon's
    drop: float = 0.02  # of accuracy, and of macro F1; of a regression, of Spearman's correlation
    error: float = 0.05  # rise of a regression's mean absolute error, as a share of it
    calibration: float = 0.02  # rise of the calibration error
    suite: float = 0.01  # rise of the behavioural suite's mean failure rate
    slowdown: float = 1.5  # times the milliseconds of a text
    growth: float = 1.5  # times the bytes

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (value >= 0 and math.isfinite(value)):
                raise ConfigError(f"the limit of {name} is {value}: expected a number from 0 up")
