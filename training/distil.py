"""Distillation: teachers label unlabelled text with probabilities, and the network learns those.

A linear model over n-grams and an LSTM go wrong in different places, so what they say together is
better than either, and a small network that learns it on much unlabelled text keeps most of that
(Hinton et al. 2015, "Distilling the Knowledge in a Neural Network").
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training.config import ConfigError
from training.evaluation.score import score
from training.rows.dataset import Examples

logger = logging.getLogger(__name__)

# n texts -> (n, C)
Judge = Callable[[Sequence[str]], npt.NDArray[np.floating]]

_LOWEST = 1e-4  # a probability below this counts as this, so that one teacher has no veto


LINEAR = "linear"


def teach(
    teachers: Sequence[str], train: Examples, texts: Sequence[str], *, seed: int
) -> npt.NDArray[np.float32]:
    """Let teachers label m texts together: float32 (m, C), each row adding up to 1.

    Args:
        teachers: `linear`, which learns from `train` here, or models by their folder.
    Raises:
        ConfigError: a model has other labels than the examples.
        BundleError: a model cannot be used.
    """
    opinions = []
    for teacher in teachers:
        logger.info("%s labels %d texts", teacher, len(texts))
        if teacher == LINEAR:
            linear = NaiveBayesLinear(seed=seed).fit(
                train.texts, train.labels, len(train.label_names)
            )
            opinions.append(linear.probabilities(texts))
        else:
            opinions.append(judge_of(Path(teacher), train.label_names)(texts))
    return agree(opinions).astype(np.float32)


class NaiveBayesLinear:
    """Naive-Bayes-weighted unigrams and bigrams with logistic regression, one against the rest.

    Wang and Manning 2012, "Baselines and Bigrams"; a linear teacher, and a hard peer to beat.
    """

    def __init__(self, *, seed: int, strength: float = 1.0) -> None:
        self._seed = seed
        self._strength = strength
        self._counts = CountVectorizer(
            ngram_range=(1, 2), binary=True, min_df=2, token_pattern=r"(?u)\w+|[^\w\s]"
        )
        self._ratios: list[npt.NDArray[np.float64]] = []
        self._models: list[LogisticRegression] = []

    def fit(
        self,
        texts: Sequence[str],
        labels: npt.NDArray[np.int32],
        classes: int,
    ) -> "NaiveBayesLinear":
        """Learn from n texts and their labels, int (n,)."""
        present = self._counts.fit_transform(texts)  # (n, n-grams)
        for label in range(classes):
            inside = labels == label
            ratio = _log_ratio(present, inside)
            model = LogisticRegression(
                C=self._strength,
                solver="liblinear",
                dual=True,
                max_iter=50,
                tol=1e-2,
                random_state=self._seed,
            )
            model.fit(present.multiply(ratio).tocsr(), inside)
            self._ratios.append(ratio)
            self._models.append(model)
        return self

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return float64 (n, C)."""
        present = self._counts.transform(texts)
        columns = [
            model.predict_proba(present.multiply(ratio).tocsr())[:, 1]
            for ratio, model in zip(self._ratios, self._models, strict=True)
        ]
        odds = np.stack(columns, axis=1)
        return odds / odds.sum(axis=1, keepdims=True)


def _log_ratio(present: csr_matrix, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """How much more often an n-gram stands in a class than outside, as a log ratio, add one."""
    p = 1 + np.asarray(present[inside].sum(axis=0)).ravel()
    q = 1 + np.asarray(present[~inside].sum(axis=0)).ravel()
    return np.log((p / p.sum()) / (q / q.sum()))


def judge_of(folder: Path, label_names: Sequence[str]) -> Judge:
    """Load a model's current version, which is to label texts. One without a token gets 1 / C.

    Raises:
        ConfigError: the model has other labels.
        BundleError: it cannot be used.
    """
    classifier = Classifier.load(bundles.current(folder))
    if tuple(classifier.labels) != tuple(label_names):
        raise ConfigError(
            f"distil.teachers: {folder} knows {', '.join(classifier.labels)}, and the training "
            f"rows {', '.join(label_names)}. A teacher needs the same labels."
        )
    return lambda texts: np.nan_to_num(score(classifier, texts).values, nan=1 / len(label_names))


def agree(opinions: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Average teachers' opinions, each (n, C), by their log probabilities."""
    logs = sum(np.log(np.maximum(opinion, _LOWEST)) for opinion in opinions) / len(opinions)
    odds = np.exp(logs)
    return odds / odds.sum(axis=1, keepdims=True)
