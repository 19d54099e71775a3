"""What the teachers say together of a text: (n, C) probabilities for the small network to learn.

One of them, a transformer, judges every text. On long texts several others, which go wrong in
other places, have a say in which way the text leans; how neutral it is remains the first one's.
Models of an earlier round, which learned from such a jury themselves, then add as much as all
before them (Furlanello et al. 2018, "Born-Again Neural Networks").
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.distil import Judge, NaiveBayesLinear, agree
from training.rows.dataset import Examples

LONG = 60  # words


class Jury:
    """A judge of every text, and others who join in on the long ones.

    Args:
        judge: n texts -> (n, C).
        on_long: judges whose (n, C) or, without a neutral class, (n, 2) say how long texts lean.
        earlier: judges of every text, each of which counts as much as all before `earlier`.
        label_names: C, `negative` and `positive` among them.
    """

    def __init__(
        self,
        judge: Judge,
        on_long: Sequence[Judge],
        earlier: Sequence[Judge],
        label_names: Sequence[str],
    ) -> None:
        self._judge = judge
        self._on_long = tuple(on_long)
        self._earlier = tuple(earlier)
        self._poles = poles(label_names)

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return float64 (n, C)."""
        said = np.asarray(self._judge(texts), np.float64)
        long = are_long(texts)
        if long.any() and self._on_long:
            chosen = [text for text, is_long in zip(texts, long, strict=True) if is_long]
            polar = said[np.ix_(long, self._poles)]
            leaning = polar.sum(axis=1, keepdims=True)
            opinions = [polar / leaning, *(self._leaning(judge(chosen)) for judge in self._on_long)]
            said[np.ix_(long, self._poles)] = agree(opinions) * leaning
        return agree([said, *(judge(texts) for judge in self._earlier)]) if self._earlier else said

    def _leaning(self, said: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        polar = np.asarray(said, np.float64)
        if polar.shape[1] > len(self._poles):
            polar = polar[:, self._poles]
        return polar / polar.sum(axis=1, keepdims=True)


def poles(label_names: Sequence[str]) -> list[int]:
    """Return the columns of the negative and of the positive class."""
    return [label_names.index("negative"), label_names.index("positive")]


def are_long(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Say of n texts which are long, bool (n,)."""
    return np.array([len(text.split()) >= LONG for text in texts], bool)


def linear_polarity(train: Examples, *, seed: int) -> NaiveBayesLinear:
    """Let a linear model learn the polarity of long texts, where its errors are others."""
    polar = train.take(are_long(train.texts) & np.isin(train.labels, poles(train.label_names)))
    return NaiveBayesLinear(seed=seed).fit(
        polar.texts, (polar.labels == polar.labels.max()).astype(np.int32), 2
    )
