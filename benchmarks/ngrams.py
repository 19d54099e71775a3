"""Peers that learn from words and pairs of words."""

import pickle
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.systems import Probabilities
from training.rows.dataset import Examples


class FastText:
    """fastText with bigrams, by the settings of its authors' sentiment experiments.

    Ten features, five epochs, and the best of their learning rates on validation rows (Joulin et
    al. 2016, "Bag of Tricks for Efficient Text Classification"). One thread, since with more no
    two runs are the same. Five epochs of a few hundred rows teach it nothing: fewer than 10,000
    rows get 100, the best of 5, 25 and 100 with 50 and with 200 reviews of DVDs.
    """

    name = "fastText, bigrams"
    note = ""
    _LABEL = "__label__"
    _FEW_ROWS = 10_000

    def __init__(self, train: Examples, *, seed: int) -> None:
        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            rows, model = Path(folder) / "rows.txt", Path(folder) / "model.bin"
            with rows.open("w", encoding="utf-8") as file:
                for row in np.random.default_rng(seed).permutation(len(train)):
                    line = f"{self._LABEL}{train.labels[row]} {_words(train.texts[row])}\n"
                    file.write(line)
            self._model = fasttext.train_supervised(
                str(rows),
                dim=10,
                epoch=100 if len(train) < self._FEW_ROWS else 5,
                lr=0.5,
                wordNgrams=2,
                thread=1,
                seed=seed,
                verbose=0,
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
    note = ""

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
    note = ""

    def __init__(self, train: Examples, *, seed: int) -> None:
        from training.distil import NaiveBayesLinear

        self._model = NaiveBayesLinear(seed=seed)
        self._model.fit(train.texts, train.labels, len(train.label_names))
        self.bytes_on_disk = len(pickle.dumps(self._model))

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`."""
        return self._model.probabilities(texts)


def _words(text: str) -> str:
    """Cut a text as fastText's documentation does: lower case, punctuation by itself, one line."""
    return " ".join(re.findall(r"[^\W_]+|[^\w\s]|_", text.lower()))
