"""Whether answers are right as often as they are sure: the curve, and one figure for it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CALIBRATION_BINS = 15


@dataclass(frozen=True)
class Bin:
    """Answers that are about equally sure: their mean confidence, and how often they are right."""

    rows: int
    confidence: float
    accuracy: float


def calibration_curve(
    confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_]
) -> list[Bin]:
    """Sort n answers by confidence into 15 bins of equal mass (fewer where n is less).

    Args:
        confidence: float (n,), the probability of each answer.
        correct: bool (n,).
    """
    parts = np.array_split(np.argsort(confidence, kind="stable"), CALIBRATION_BINS)
    return [
        Bin(len(part), float(confidence[part].mean()), float(correct[part].mean()))
        for part in parts
        if len(part)
    ]


def calibration_error(confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error, over 15 bins of equal mass.

    The mean distance between how sure the answers were and how often they were right (Guo et al.
    2017; bins of equal mass as in Nguyen and O'Connor 2015).
    """
    curve = calibration_curve(confidence, correct)
    gaps = sum(one.rows * abs(one.confidence - one.accuracy) for one in curve)
    return gaps / len(confidence)
