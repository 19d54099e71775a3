"""A saved model's figures on labelled examples, for each file that they came from."""

from typing import Any

import numpy as np

from sentiment.classifier import Classifier
from training.evaluation.measures import measure
from training.evaluation.score import score
from training.rows.dataset import Examples


def measure_by_source(classifier: Classifier, examples: Examples) -> dict[str, dict[str, Any]]:
    """Measure a model, through the path that serves it, on each data set by its name.

    Args:
        examples: of labels that the model knows. A text without an answer is left out.
    """
    answers = score(classifier, examples.texts)
    known, probabilities = examples.take(answers.given), answers.probabilities[answers.given]
    index = {name: number for number, name in enumerate(classifier.labels)}
    labels = np.array([index[known.label_names[label]] for label in known.labels], np.int32)
    figures = {}
    for number, name in enumerate(known.source_names):
        rows = known.sources == number
        if rows.any():
            figures[name] = measure(probabilities[rows], labels[rows], classifier.labels)
    return figures
