"""What is measured side by side: this project's model, and the peers that are trained beside it.

Each gives probabilities (n, C) for n texts, in the order of the labels that it was made with.
"""

import pickle
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from sentiment.prediction import Prediction
from training.dataset import Examples

Probabilities = npt.NDArray[np.float64]


class System(Protocol):
    """One row of the table."""

    name: str
    bytes_on_disk: int

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Return float64 (n, C), each row adding up to 1."""
        ...


class LabelsDiffer(SentimentError):
    """A model's labels are not those of the data it should be measured on."""

    code = "labels_differ"


class Ours:
    """A bundle, through the path that serves it: long texts in windows."""

    def __init__(self, directory: Path, label_names: Sequence[str]) -> None:
        self.classifier = Classifier.load(directory)
        if set(self.classifier.labels) != set(label_names):
            raise LabelsDiffer(
                f"{directory}: the model answers {', '.join(self.classifier.labels)}, and the "
                f"data's labels are {', '.join(label_names)}. Name a model of these labels."
            )
        self.name = f"ours ({self.classifier.name}/{self.classifier.version})"
        self.bytes_on_disk = sum(file.stat().st_size for file in directory.iterdir())
        self._label_names = tuple(label_names)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`. A text that cannot be classified gets the same for every class."""
        unsure = dict.fromkeys(self._label_names, 1 / len(self._label_names))
        answers = [
            outcome.probabilities if isinstance(outcome, Prediction) else unsure
            for outcome in self.classifier.predict(texts)
        ]
        return np.array([[answer[name] for name in self._label_names] for answer in answers])


class Vader:
    """VADER (Hutto and Gilbert 2014): a lexicon and rules, not trained.

    Its authors' thresholds: neutral where the compound score is within ±0.05.
    """

    name = "VADER"
    _NEUTRAL = 0.05

    def __init__(self, train: Examples, *, seed: int) -> None:
        from vaderSentiment import vaderSentiment

        if set(train.label_names) != {"negative", "neutral", "positive"}:
            raise LabelsDiffer(
                "VADER answers negative, neutral, positive, and the data's labels are "
                f"{', '.join(train.label_names)}. Leave it out of --peers."
            )
        self._analyzer = vaderSentiment.SentimentIntensityAnalyzer()
        self._order = [
            ("negative", "neutral", "positive").index(name) for name in train.label_names
        ]
        package = Path(vaderSentiment.__file__).parent
        self.bytes_on_disk = sum(file.stat().st_size for file in package.glob("*.txt"))

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`. A compound score is no probability; the larger one is what counts here.

        Without the neutral class, positive is the larger where the compound score is above 0.
        """
        compound = np.array([self._analyzer.polarity_scores(text)["compound"] for text in texts])
        neutral = np.where(np.abs(compound) < self._NEUTRAL, 0.5, 0.0)  # (n,)
        positive = (1 + compound) / 2 * (1 - neutral)
        columns = np.stack([1 - neutral - positive, neutral, positive], axis=1)  # (n, 3)
        return columns[:, self._order]


class FastText:
    """fastText with bigrams, by the settings of its authors' sentiment experiments.

    Ten features, five epochs, and the best of their learning rates on validation rows (Joulin et
    al. 2016, "Bag of Tricks for Efficient Text Classification"). One thread, since with more no
    two runs are the same.
    """

    name = "fastText, bigrams"
    _LABEL = "__label__"

    def __init__(self, train: Examples, *, seed: int) -> None:
        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            rows, model = Path(folder) / "rows.txt", Path(folder) / "model.bin"
            with rows.open("w", encoding="utf-8") as file:
                for row in np.random.default_rng(seed).permutation(len(train)):
                    line = f"{self._LABEL}{train.labels[row]} {_words(train.texts[row])}\n"
                    file.write(line)
            self._model = fasttext.train_supervised(
                str(rows), dim=10, epoch=5, lr=0.5, wordNgrams=2, thread=1, seed=seed, verbose=0
            )
            self._model.save_model(str(model))
            self.bytes_on_disk = model.stat().st_size
        self._columns = len(train.label_names)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`."""
        values = np.zeros((len(texts), self._columns))
        for row, text in zip(values, texts, strict=True):
            labels, probabilities = self._model.predict(_words(text), k=-1)
            for label, probability in zip(labels, probabilities, strict=True):
                row[int(label.removeprefix(self._LABEL))] = probability
        return values / values.sum(axis=1, keepdims=True)


class Tfidf:
    """Logistic regression on TF-IDF of words and pairs of words, in scikit-learn."""

    name = "TF-IDF (1,2) + logistic regression"

    def __init__(self, train: Examples, *, seed: int) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self._model: Any = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            LogisticRegression(C=30, max_iter=1000, tol=1e-3, random_state=seed),
        )
        self._model.fit(train.texts, train.labels)
        self._columns = len(train.label_names)
        self.bytes_on_disk = len(pickle.dumps(self._model))

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`."""
        values = np.zeros((len(texts), self._columns))
        values[:, self._model[-1].classes_] = self._model.predict_proba(texts)
        return values


class NaiveBayes:
    """Naive-Bayes-weighted words and pairs with logistic regression (Wang and Manning 2012).

    It is also the linear teacher of the default model.
    """

    name = "NB-weighted (1,2) + logistic regression"

    def __init__(self, train: Examples, *, seed: int) -> None:
        from training.distil import NaiveBayesLinear

        self._model = NaiveBayesLinear(seed=seed)
        self._model.fit(train.texts, train.labels, len(train.label_names))
        self.bytes_on_disk = len(pickle.dumps(self._model))

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`."""
        return self._model.probabilities(texts)


PEERS: dict[str, type[Vader] | type[FastText] | type[Tfidf] | type[NaiveBayes]] = {
    "vader": Vader,
    "fasttext": FastText,
    "tfidf": Tfidf,
    "nbsvm": NaiveBayes,
}


def _words(text: str) -> str:
    """Cut a text as fastText's documentation does: lower case, punctuation by itself, one line."""
    return " ".join(re.findall(r"[^\W_]+|[^\w\s]|_", text.lower()))
