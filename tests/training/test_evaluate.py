"""Figures that can be worked out by hand, the temperature, the model card and its plot."""

import struct

import numpy as np
import pytest

from sentiment.classifier import activate
from training import evaluate

LABELS = ("negative", "neutral", "positive")


def test_measure_by_hand():
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]]
    )
    labels = np.array([0, 0, 0, 1, 2], np.int32)
    values = evaluate.measure(probabilities, labels, LABELS)
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
    values = evaluate.measure(probabilities, np.array([0, 2, 2], np.int32), LABELS)
    assert values["classes"] == ["negative", "positive"]
    assert values["confusion"] == [[1, 0], [1, 1]]
    assert values["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    truth = np.array([0.75, 0.75, 0.5])  # made to add up to 1 over the two
    assert values["nll"] == pytest.approx(-np.log(truth).mean(), abs=1e-4)


def test_a_probability_of_zero_has_a_finite_loss():
    values = evaluate.measure(np.array([[1.0, 0], [0, 1]]), np.array([1, 1], np.int32), ("a", "b"))
    assert np.isfinite(values["nll"])
    values = evaluate.measure(np.array([[0, 1.0, 0]]), np.array([2], np.int32), LABELS)
    assert np.isfinite(values["nll"])


def test_calibration_error_by_hand():
    # 30 answers make 15 bins of two: the gaps are |0.5 - 0.5| in five, |0.6 - 1| in five,
    # |0.9 - 0.5| in five.
    confidence = np.repeat([0.5, 0.6, 0.9], 10)
    correct = np.array([True, False] * 5 + [True] * 10 + [True, False] * 5)
    assert evaluate.calibration_error(confidence, correct) == pytest.approx((0 + 0.4 + 0.4) / 3)


def test_calibration_error_of_fewer_answers_than_bins():
    assert evaluate.calibration_error(np.array([0.8]), np.array([True])) == pytest.approx(0.2)
    gap = evaluate.calibration_error(np.array([0.9, 0.6]), np.array([False, True]))
    assert gap == pytest.approx((0.9 + 0.4) / 2)


def sampled(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with just the probabilities that they give."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (rows, columns)).astype(np.float32)
    probabilities = activate(logits, temperature=1.0)
    drawn = random.random((rows, 1)) > probabilities.cumsum(axis=1)
    return logits, drawn.sum(axis=1).astype(np.int32)


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_a_scale(columns, scale):
    logits, labels = sampled(20_000, columns)
    found = evaluate.fit_temperature(scale * logits, labels, np.zeros(len(labels), np.int32))
    assert found == pytest.approx(scale, rel=0.05)


def test_every_source_counts_the_same_for_the_temperature():
    logits, labels = sampled(4_000, 3)
    # 3,900 rows that are right as they are, and 100 that are twice as sure as they should be
    sources = (np.arange(4_000) >= 3_900).astype(np.int32)
    mixed = np.where(sources[:, None] == 1, 2 * logits, logits)
    many = evaluate.fit_temperature(mixed, labels, np.zeros_like(sources))
    equal = evaluate.fit_temperature(mixed, labels, sources)
    assert many == pytest.approx(1.0, abs=0.1)
    assert equal > many + 0.1


def test_a_source_that_lacks_a_class_has_a_temperature_too():
    logits, labels = sampled(4_000, 3)
    rows = labels != 1
    found = evaluate.fit_temperature(2 * logits[rows], labels[rows], np.zeros(rows.sum(), np.int32))
    assert found == pytest.approx(2, rel=0.1)


def metrics() -> dict:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]])
    return {
        "a.csv": evaluate.measure(probabilities, np.array([0, 1, 2, 2], np.int32), LABELS),
        "b.csv": evaluate.measure(probabilities, np.array([0, 2, 2, 0], np.int32), LABELS),
    }


@pytest.mark.parametrize("names", [["a.csv"], ["a.csv", "b.csv"]])
def test_the_plot_is_a_png(names):
    png = evaluate.plot_confusion({name: metrics()[name] for name in names})
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert min(struct.unpack(">II", png[16:24])) >= 300


def test_the_model_card_holds_the_figures():
    manifest = {
        "labels": LABELS,
        "created": "2024-05-06T07:08:09+00:00",
        "temperature": 1.23456,
        "pipeline": {"timesteps": 64, "overlap": 16},
        "network": {
            "bidirectional": True,
            "layers": [32, 16],
            "pooling": ["max", "mean"],
            "features": 50,
            "vocabulary": 4000,
        },
        "metrics": {"coverage": {"vocabulary": 0.5, "tokens": 0.985}, "validation": metrics()},
        "data": [{"role": "train", "name": "a.csv", "rows": 400}],
        "training": {"data": {"notes": "Collected by us; free to use.\n"}},
    }
    card = evaluate.model_card(manifest, plots=["confusion.png"])
    for expected in (
        "negative, neutral, positive, trained on 2024-05-06",
        "bidirectional LSTM, 32 + 16 units, max + mean pooling, 50 features, 4000 tokens",
        "64 timesteps",
        "Temperature: 1.235",
        "50.0% of the vocabulary and 98.5% of the training tokens",
        "| a.csv | 4 | 0.750 | 0.833 |",
        "| b.csv | 4 | 0.750 |",
        "![confusion.png](confusion.png)",
        "\nCollected by us; free to use.\n",
        "- train: a.csv, 400 rows",
    ):
        assert expected in card
