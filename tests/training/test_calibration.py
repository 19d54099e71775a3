"""The calibration curve and its error, worked out by hand."""

import numpy as np
import pytest

from training.evaluation.calibration import calibration_curve, calibration_error


def test_calibration_error_by_hand():
    # 30 answers make 15 bins of two: the gaps are |0.5 - 0.5| in five, |0.6 - 1| in five,
    # |0.9 - 0.5| in five.
    confidence = np.repeat([0.5, 0.6, 0.9], 10)
    correct = np.array([True, False] * 5 + [True] * 10 + [True, False] * 5)
    assert calibration_error(confidence, correct) == pytest.approx((0 + 0.4 + 0.4) / 3)


def test_calibration_error_of_fewer_answers_than_bins():
    assert calibration_error(np.array([0.8]), np.array([True])) == pytest.approx(0.2)
    gap = calibration_error(np.array([0.9, 0.6]), np.array([False, True]))
    assert gap == pytest.approx((0.9 + 0.4) / 2)


def test_the_curve_holds_every_row_in_the_order_of_confidence():
    confidence = np.linspace(0.5, 1, 100)
    curve = calibration_curve(confidence, confidence > 0.75)
    assert len(curve) == 15
    assert sum(one.rows for one in curve) == 100
    assert max(one.rows for one in curve) - min(one.rows for one in curve) <= 1
    assert [one.confidence for one in curve] == sorted(one.confidence for one in curve)
    assert (curve[0].accuracy, curve[-1].accuracy) == (0, 1)
