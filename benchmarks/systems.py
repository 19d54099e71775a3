"""What is measured side by side, and this project's model as one of them.

Each gives probabilities (n, C) for n texts, in the order of the labels that it was made with.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from sentiment.prediction import Prediction
from training.evaluation.measures import restrict

Probabilities = npt.NDArray[np.float64]


class System(Protocol):
    """One row of a table; `note` is what must be said of how it was made, or empty."""

    name: str
    note: str
    bytes_on_disk: int

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return float64 (n, C), each row adding up to 1."""
        ...


class LabelsDiffer(SentimentError):
    """A model's labels are not those of the data it should be measured on."""

    code = "labels_differ"


class Ours:
    """A bundle, through the path that serves it: long texts in windows.

    It may know more classes than the data hold; the probabilities of those asked for are then made
    to add up to 1.

    Raises:
        LabelsDiffer: the model does not know one of the data's labels.
        BundleError: the bundle cannot be used.
    """

    note = ""

    def __init__(self, directory: Path, label_names: Sequence[str]) -> None:
        self.classifier = Classifier.load(directory)
        if not set(label_names) <= set(self.classifier.labels):
            raise LabelsDiffer(
                f"{directory}: the model answers {', '.join(self.classifier.labels)}, and the "
                f"data's labels are {', '.join(label_names)}. Name a model of these labels."
            )
        self.name = f"ours ({self.classifier.name}/{self.classifier.version})"
        self.bytes_on_disk = sum(file.stat().st_size for file in directory.iterdir())
        self._columns = np.array([self.classifier.labels.index(name) for name in label_names])

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`. A text that cannot be classified gets the same for every class."""
        unsure = [1.0] * len(self.classifier.labels)
        answers = [
            list(outcome.probabilities.values()) if isinstance(outcome, Prediction) else unsure
            for outcome in self.classifier.predict(texts)
        ]
        return restrict(np.array(answers), self._columns)
