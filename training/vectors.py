"""What each token's vector starts from: gensim, trained here or read from a file -> (V, F)."""

import logging
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import emoji
import numpy as np
import numpy.typing as npt
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.fasttext import load_facebook_vectors

from sentiment.tokenizer import PAD_ID
from training.config import ConfigError, VectorsConfig

logger = logging.getLogger(__name__)

_TRAINED = {"word2vec": Word2Vec, "fasttext": FastText}
_FASTTEXT_MAGIC = 793712314  # the first four bytes of fastText's own binary format
# What gensim raises for a file that is none of these, is cut off, or is a fastText classifier.
_UNREADABLE = (OSError, ValueError, EOFError, struct.error, AssertionError, NotImplementedError)
_WORD2VEC_HEADER = re.compile(rb"\d+ \d+\s")
# Words of an emoji's name that say what is drawn, not what is meant.
_EMOJI_FILLERS = frozenset("a and at button face for in of on or sign symbol the with".split())


@dataclass(frozen=True)
class Vectors:
    """Start vectors (V, F), and how much of the vocabulary they were found for."""

    values: npt.NDArray[np.float32]
    coverage: dict[str, float]


class Corpus:
    """Rows of ids as the sentences of token strings that gensim reads, again for each epoch.

    The tokens are in lower case, whatever the vocabulary keeps: "Good" starts from what is known
    of "good".
    """

    def __init__(self, rows: Sequence[npt.NDArray[np.int32]], vocabulary: Sequence[str]) -> None:
        self.rows = rows
        self._vocabulary = np.array([token.lower() for token in vocabulary], object)

    def __iter__(self) -> Iterator[list[str]]:
        for row in self.rows:
            yield self._vocabulary[row].tolist()


def start(
    rows: Sequence[npt.NDArray[np.int32]],
    vocabulary: Sequence[str],
    config: VectorsConfig,
    *,
    seed: int,
    workers: int,
) -> Vectors:
    """Make the embedding's start values.

    A token without a vector of its own (a piece of a word, in a file of whole words) starts from
    noise as wide as the others'; an emoji from the mean of the words of its name; padding from 0.

    Args:
        rows: the ids of all texts there are, labelled or not.
        vocabulary: V tokens.
    Returns:
        values float32 (V, F), and the share of the vocabulary and of the running tokens covered.
    Raises:
        ConfigError: a vectors file cannot be read.
    """
    counts = np.bincount(np.concatenate(rows), minlength=len(vocabulary))  # (V,)
    random = np.random.default_rng(seed)
    known = np.zeros(len(vocabulary), bool)
    parts = []  # each (V, features of its own)
    if config.method == "random":
        values = random.normal(0, 0.1, (len(vocabulary), config.features))
        name_emoji(values, vocabulary, unseen=~known)
        parts.append(values)
    for found in _trained_and_read(Corpus(rows, vocabulary), config, seed=seed, workers=workers):
        # as it is written where the vectors tell cases apart, else in lower case
        keys = [t if t in found.key_to_index else t.lower() for t in vocabulary]
        has = np.array([key in found.key_to_index for key in keys])
        values = random.normal(0, found.vectors.std(), (len(vocabulary), found.vector_size))
        values[has] = found[[keys[index] for index in np.flatnonzero(has)]]
        name_emoji(values, vocabulary, unseen=~has)
        parts.append(values)
        known |= has
    values = np.concatenate(parts, axis=1).astype(np.float32)  # (V, F)
    values[PAD_ID] = 0
    return Vectors(values, _coverage(known, counts))


def count_features(config: VectorsConfig) -> int:
    """Return F: the features that `start` gives each token.

    Raises:
        ConfigError: a vectors file cannot be read.
    """
    _refuse_no_file(config)
    of_file = read(Path(config.path)).vector_size if config.path is not None else 0
    return of_file + (0 if config.method == "file" else config.features)


def name_emoji(
    values: npt.NDArray[np.float32], vocabulary: Sequence[str], *, unseen: npt.NDArray[np.bool_]
) -> None:
    """Give each emoji that was not seen, in place, the mean vector of the words of its name.

    Args:
        values: (V, F).
        unseen: bool (V,).
    """
    index = {token: number for number, token in enumerate(vocabulary)}
    for token, words in _emoji_names().items():
        rows = [index[word] for word in words if word in index]
        if rows and unseen[index.get(token, PAD_ID)] and token in index:
            values[index[token]] = values[rows].mean(axis=0)


def emoji_alphabet() -> list[str]:
    """Return the emoji of one code point, most of which have no text that teaches them."""
    return list(_emoji_names())


def _emoji_names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for symbol, entry in emoji.EMOJI_DATA.items():
        bare = symbol.replace("\ufe0f", "")
        if len(bare) == 1 and bare > "\u203b":  # not the digits and (c)
            words = re.findall(r"[a-z]+", " ".join([entry["en"], *entry.get("alias", [])]).lower())
            names[bare] = [word for word in words if word not in _EMOJI_FILLERS]
    return names


def _refuse_no_file(config: VectorsConfig) -> None:
    if config.method == "file" and config.path is None:
        raise ConfigError('vectors.method is "file", so vectors.path must name one')


def _trained_and_read(
    corpus: Corpus, config: VectorsConfig, *, seed: int, workers: int
) -> Iterator[KeyedVectors]:
    _refuse_no_file(config)
    if config.path is not None:
        yield read(Path(config.path))
    if config.method in _TRAINED:
        yield _train(corpus, config, seed=seed, workers=workers)


def _train(corpus: Corpus, config: VectorsConfig, *, seed: int, workers: int) -> KeyedVectors:
    kind = _TRAINED[config.method]
    tokens = sum(map(len, corpus.rows))
    epochs = config.passes(tokens)
    logger.info("training %s vectors on %d tokens, %d times", config.method, tokens, epochs)
    model = kind(
        vector_size=config.features,
        window=config.window,
        sg=int(config.skip_gram),
        min_count=1,
        seed=seed,
        workers=workers,
        max_final_vocab=None,
        sample=1e-4,
    )
    model.build_vocab(corpus)
    model.train(corpus, total_examples=model.corpus_count, epochs=epochs)
    return model.wv


def read(path: Path) -> KeyedVectors:
    """Read vectors: word2vec (text or binary), GloVe (text without a header) or fastText.

    What a file is, its first bytes say, not its name.

    Raises:
        ConfigError: it cannot be read as any of them.
    """
    try:
        with path.open("rb") as file:
            beginning = file.read(64)
            line = beginning + file.readline()
        if len(beginning) >= 4 and struct.unpack("<i", beginning[:4])[0] == _FASTTEXT_MAGIC:
            return load_facebook_vectors(str(path))
        header = _WORD2VEC_HEADER.match(beginning) is not None
        binary = header and not _is_text(path)
        if not header and len(line.split()) < 3:
            raise ValueError(f"its first line is {line[:60]!r}")
        return KeyedVectors.load_word2vec_format(
            str(path), binary=binary, no_header=not header, unicode_errors="replace"
        )
    except _UNREADABLE as error:
        raise ConfigError(
            f"{path}: cannot be read as word vectors ({error}). Known are word2vec (text and "
            "binary), GloVe and fastText files."
        ) from None


def _is_text(path: Path) -> bool:
    """Tell whether the first vector after a word2vec header is written in digits."""
    with path.open("rb") as file:
        file.readline()
        sample = file.read(256)
    return (
        re.fullmatch(rb"[0-9eE+\-.\s]+", sample.partition(b" ")[2].partition(b"\n")[0]) is not None
    )


def _coverage(known: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64]) -> dict[str, float]:
    return {
        "vocabulary": round(float(known.mean()), 4),
        "tokens": round(float(counts[known].sum() / max(counts.sum(), 1)), 4),
    }
