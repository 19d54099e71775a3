"""A saved model's figures on labelled examples, for each file that they came from."""

from typing import Any

from sentiment.classifier import Classifier
from training.evaluation.figures import FIGURES
from training.evaluation.score import score
from training.rows.dataset import Examples


def measure_by_source(classifier: Classifier, examples: Examples) -> dict[str, dict[str, Any]]:
    """Measure a model, through the path that serves it, on each data set by its name.

    Args:
        examples: of labels that the model knows. A text without an answer is left out.
    """
    answers = score(classifier, examples.texts)
    known, values = examples.take(answers.given), answers.values[answers.given]
    labels = known.labels_among(classifier.labels)
    measure = FIGURES[classifier.task.name].measure
    figures = {}
    for number, name in enumerate(known.source_names):
        rows = known.sources == number
        if rows.any():
            figures[name] = measure(values[rows], labels[rows], classifier.labels)
    return figures
