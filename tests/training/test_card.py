"""The model card and its plot."""

import struct

import numpy as np
import pytest

from training.evaluation.card import model_card
from training.evaluation.measures import measure
from training.evaluation.plots import plot_confusion

LABELS = ("negative", "neutral", "positive")


def metrics() -> dict:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]])
    return {
        "a.csv": measure(probabilities, np.array([0, 1, 2, 2], np.int32), LABELS),
        "b.csv": measure(probabilities, np.array([0, 2, 2, 0], np.int32), LABELS),
    }


@pytest.mark.parametrize("names", [["a.csv"], ["a.csv", "b.csv"]])
def test_the_plot_is_a_png(names):
    png = plot_confusion({name: metrics()[name] for name in names})
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert min(struct.unpack(">II", png[16:24])) >= 300


def test_the_model_card_holds_the_figures():
    manifest = {
        "task": "classification",
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
    card = model_card(manifest, plots=["confusion.png"])
    assert "fixed features" not in card
    manifest["metrics"]["extra_features"] = {"casing.upper": 0.0213, "lexicon.valence": 0.1}
    card = model_card(manifest, plots=["confusion.png"])
    for expected in (
        "fixed features of the token: casing.upper (2.1% of the training tokens), lexicon.val",
        "## Purpose\n\nA classifier of text into negative, neutral, positive,",
        "- Trained on 2024-05-06.",
        "bidirectional LSTM, 32 + 16 units, max + mean pooling, 50 features, 4000 tokens",
        "64 timesteps",
        "Temperature: 1.235",
        "50.0% of the vocabulary and 98.5% of the training tokens",
        "| a.csv | 4 | 0.750 | 0.833 |",
        "| b.csv | 4 | 0.750 |",
        "| a.csv | positive | 2 | 1.000 | 0.500 | 0.667 |",
        "- Of the positive rows of a.csv it finds 50%, the least of all classes.",
        "- b.csv has no neutral row",
        "![confusion.png](confusion.png)",
        "## Terms\n\nCollected by us; free to use.\n",
        "- train: a.csv, 400 rows",
    ):
        assert expected in card
