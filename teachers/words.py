"""Vectors of single words, as the transformers see them: what the LSTM's embedding starts from.

The sentence encoder's state of a word alone says what the word is about, and the fine-tuned one's
how it is meant; their principal components are the features (Tulkens and van Dongen 2024,
"Model2Vec", make static vectors in this way).
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gensim.models import KeyedVectors
from tokenizers import Tokenizer

from teachers.transformer import Transformer, pretrained

FEATURES = 160
_SPREAD = 0.3  # standard deviation of the values, about that of word2vec's
_LEAST = 2
_WORD = re.compile(r"[^\W\d_]+|n't|'(?:s|m|re|ve|ll|d)\b")


def whole_words() -> list[str]:
    """Return the words of three letters and more in the encoder's vocabulary, lower case."""
    return sorted(word for word in _vocabulary() if re.fullmatch(r"[a-z]{3,}", word))


def save(path: Path, teacher: Transformer, texts: Sequence[str]) -> None:
    """Write vectors of the texts' words and of the encoder's vocabulary, in word2vec's format."""
    counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    words = sorted(
        {word for word, count in counts.items() if count >= _LEAST}
        | {token for token in _vocabulary() if not token.startswith("[")}
    )
    pretrained_one = Transformer(pretrained(), teacher.label_names, timesteps=16).eval()
    states = np.concatenate(
        [_unit(model.states(words)) for model in (pretrained_one, teacher)], axis=1
    )  # (V, 2 H)
    vectors = KeyedVectors(FEATURES)
    vectors.add_vectors(words, _principal(states, FEATURES))
    vectors.save_word2vec_format(str(path), binary=True)


def _vocabulary() -> dict[str, int]:
    vocabulary: dict[str, int] = Tokenizer.from_file(
        str(pretrained() / "tokenizer.json")
    ).get_vocab()
    return vocabulary


def _unit(states: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    centred = states - states.mean(axis=0)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def _principal(states: npt.NDArray[np.float32], features: int) -> npt.NDArray[np.float32]:
    """Project (V, 2 H) onto its first components: float32 (V, F), of the standard spread."""
    centred = states - states.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    projected = centred @ directions[:, ::-1][:, :features]
    return (projected * _SPREAD / projected.std()).astype(np.float32)
