"""Figures that can be worked out by hand, and the confidence intervals around them."""

import numpy as np
import pytest

from training.evaluation.measures import intervals, measure, share_interval

LABELS = ("negative", "neutral", "positive")


def test_measure_by_hand():
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]]
    )
    labels = np.array([0, 0, 0, 1, 2], np.int32)
    values = measure(probabilities, labels, LABELS)
    assert values["rows"] == 5
    assert values["classes"] == list(LABELS)
    assert values["confusion"] == [[2, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert values["accuracy"] == 0.6
    assert values["macro_recall"] == pytest.approx((2 / 3 + 0 + 1) / 3, abs=1e-4)
    assert values["macro_f1"] == pytest.approx((2 / 3 + 0 + 2 / 3) / 3, abs=1e-4)
    truth = np.array([0.8, 0.6, 0.1, 0.4, 0.6])
    assert values["nll"] == pytest.approx(-np.log(truth).mean(), abs=1e-4)


def test_a_set_that_lacks_a_class_is_measured_on_those_it_has():
    # "neutral" is the likeliest everywhere, and no row is: the next decides.
    probabilities = np.array([[0.3, 0.6, 0.1], [0.1, 0.6, 0.3], [0.1, 0.8, 0.1]])
    values = measure(probabilities, np.array([0, 2, 2], np.int32), LABELS)
    assert values["classes"] == ["negative", "positive"]
    assert values["confusion"] == [[1, 0], [1, 1]]
    assert values["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    truth = np.array([0.75, 0.75, 0.5])  # made to add up to 1 over the two
    assert values["nll"] == pytest.approx(-np.log(truth).mean(), abs=1e-4)


def test_a_set_of_one_class_is_measured_on_all():
    probabilities = np.array([[0.3, 0.6, 0.1], [0.7, 0.2, 0.1]])
    values = measure(probabilities, np.array([0, 0], np.int32), LABELS)
    assert (values["accuracy"], values["macro_recall"]) == (0.5, 0.5)
    assert values["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert values["nll"] == pytest.approx(-np.log([0.3, 0.7]).mean(), abs=1e-4)
    assert values["confusion"] == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_a_probability_of_zero_has_a_finite_loss():
    values = measure(np.array([[1.0, 0], [0, 1]]), np.array([1, 1], np.int32), ("a", "b"))
    assert np.isfinite(values["nll"])
    values = measure(np.array([[0, 1.0, 0]]), np.array([2], np.int32), LABELS)
    assert np.isfinite(values["nll"])


def test_precision_and_recall_by_class():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
    values = measure(probabilities, np.array([0, 0, 1, 2], np.int32), LABELS)
    assert values["precision"] == [0.6667, 0, 1]  # neutral was never answered
    assert values["recall"] == [1, 0, 1]
    assert values["f1"] == [0.8, 0, 1]


def test_intervals_are_those_of_rows_drawn_again():
    confusion = np.array([[40, 10], [5, 45]])
    random = np.random.default_rng(1)
    correct = np.repeat([1, 0], [85, 15])
    drawn = random.choice(correct, size=(4000, 100)).mean(axis=1)  # the rows themselves
    found = intervals(confusion)
    assert found["accuracy"] == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.011)
    assert found == intervals(confusion)  # seeded
    assert found["accuracy"] != intervals(confusion[::-1])["accuracy"]
    (low, high), (other_low, other_high) = found["recall"]
    assert low < 0.8 < high and other_low < 0.9 < other_high
    narrower = intervals(confusion * 100)["accuracy"]
    assert narrower[1] - narrower[0] == pytest.approx(
        (found["accuracy"][1] - found["accuracy"][0]) / 10, rel=0.15
    )


def test_an_interval_of_what_never_varies():
    found = intervals([[3, 0], [0, 2]])
    assert found["accuracy"] == [1, 1]


def test_the_interval_of_a_share_by_hand():
    # Wilson's of 8 of 10, as in Agresti and Coull 1998's formula worked out: 0.490 to 0.943
    low, high = share_interval(0.8, 10)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    low, high = share_interval([1.0, 0.0], [9, 9])
    assert low == pytest.approx([0.701, 0], abs=1e-3)
    assert high == pytest.approx([1, 0.299], abs=1e-3)
