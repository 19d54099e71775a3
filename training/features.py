"""Extra features of a token, as functions of the vocabulary: V tokens -> float32 (V, K).

They are the embedding's last columns, so an id is still all that is read. A token id carries what
the token itself shows and no more: a word that the vocabulary has no row for is read in pieces
("gr", "##eat"), each with the features of the piece.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment.tokenizer import PAD_ID, UNKNOWN_ID, Tokenizer
from training.config import ConfigError, FeaturesConfig
from training.rows.decoding import DataError, where
from training.rows.lexicon import Lexicon

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float32]

_CONTINUED = "##"  # how a WordPiece vocabulary writes a piece that begins no word
_THRICE = re.compile(r"[^\W\d_]*([^\W\d_])\1\1[^\W\d_]*", re.IGNORECASE)
_RUN = re.compile(r"[!?]+|([^\w\s])\1*")
_LONGEST_RUN = 3  # of one token (sentiment/tokenizer.py)


@dataclass(frozen=True, eq=False)
class Features:
    """K features of each token, by name: values float32 (V, K), from -1 to 1, 0 for none."""

    names: tuple[str, ...]
    values: Values

    def shares(self, rows: Sequence[npt.NDArray[np.int32]]) -> dict[str, float]:
        """Return the share of the running tokens, of rows of ids, that have each feature."""
        counts = np.bincount(np.concatenate(rows), minlength=len(self.values))  # (V,)
        found = counts @ (self.values != 0) / max(counts.sum(), 1)  # (K,)
        return {name: round(float(x), 4) for name, x in zip(self.names, found, strict=True)}


def casing(vocabulary: Sequence[str]) -> Values:
    """Whether a token is in upper case ("GREAT"), and whether it begins so ("Great"): (V, 2)."""

    def of(token: str) -> tuple[bool, bool]:
        piece = token.removeprefix(_CONTINUED)
        # A single letter is shouted where a word goes on with it: "I" and "A" are just words.
        upper = piece.isalpha() and piece.isupper() and (piece != token or len(piece) > 1)
        return upper, piece.isalpha() and token[0].isupper() and not upper

    return np.array([of(token) for token in vocabulary], np.float32)


def elongation(vocabulary: Sequence[str]) -> Values:
    """Whether a letter stands three times ("sooo"), which no English word has: (V, 1)."""
    pieces = (token.removeprefix(_CONTINUED) for token in vocabulary)
    return np.array([[_THRICE.fullmatch(piece) is not None] for piece in pieces], np.float32)


def punctuation(vocabulary: Sequence[str]) -> Values:
    """How long a run of one mark, or of ! and ?, is; how much of it is !, and ?: (V, 3).

    A mark alone is a run of 0, the longest one of 1; three ! are 1 in the second column.
    """

    def of(token: str) -> tuple[float, float, float]:
        piece = token.removeprefix(_CONTINUED)
        if not _RUN.fullmatch(piece):
            return 0, 0, 0
        before = piece != token  # at least one mark that stands in the piece before
        run = min((len(piece) + before - 1) / (_LONGEST_RUN - 1), 1)
        return run, piece.count("!") / _LONGEST_RUN, piece.count("?") / _LONGEST_RUN

    return np.array([of(token) for token in vocabulary], np.float32)


@dataclass(frozen=True)
class _Kind:
    """A kind of feature: its columns, what makes them, and a word that a vocabulary must keep."""

    columns: tuple[str, ...]
    of: Callable[[Sequence[str]], Values]
    example: str


KINDS: dict[str, _Kind] = {
    "casing": _Kind(("casing.upper", "casing.title"), casing, "Great"),
    "elongation": _Kind(("elongation",), elongation, "sooo"),
    "punctuation": _Kind(
        ("punctuation.run", "punctuation.exclamation", "punctuation.question"), punctuation, "!!!"
    ),
}


def names(config: FeaturesConfig, lexicon: Lexicon | None) -> tuple[str, ...]:
    """Return the K names, in the order of the columns."""
    of_lexicon = [f"lexicon.{column}" for column in lexicon.columns] if lexicon else []
    return (*(name for kind in config.extra for name in KINDS[kind].columns), *of_lexicon)


def of_vocabulary(
    tokenizer: Tokenizer, config: FeaturesConfig, lexicon: Lexicon | None
) -> Features:
    """Make the extra features of each token. Padding and unknown words have none.

    Raises:
        ConfigError: the vocabulary's tokens do not show a feature, as casing in lower case.
        DataError: the lexicon has a word twice, with other values.
    """
    vocabulary = tokenizer.vocabulary()
    parts: list[Values] = [np.empty((len(vocabulary), 0), np.float32)]
    for kind in config.extra:
        _refuse_lost(tokenizer, kind)
        parts.append(KINDS[kind].of(vocabulary))
    if lexicon is not None:
        parts.append(of_lexicon(lexicon, tokenizer))
    values = np.concatenate(parts, axis=1)  # (V, K)
    values[[PAD_ID, UNKNOWN_ID]] = 0
    return Features(names(config, lexicon), values)


def of_lexicon(lexicon: Lexicon, tokenizer: Tokenizer) -> Values:
    """Give each token the values of its word, in any case: (V, K).

    Each column is divided by its largest absolute value. A warning counts the words that no token
    can carry: they are several words to the tokenizer, or none, or a base's vocabulary lacks them.

    Raises:
        DataError: a word stands twice, with other values.
    """
    vocabulary = tokenizer.vocabulary()
    known = {*vocabulary, *map(str.lower, vocabulary)}
    rows: dict[str, int] = {}
    lost = []
    for number, word in enumerate(lexicon.words):
        found = tokenizer.words(word)
        if len(found) != 1 or found[0] not in known:
            lost.append(f'"{word}" (line {lexicon.lines[number]})')
            continue
        first = rows.setdefault(found[0], number)
        if not np.array_equal(lexicon.values[first], lexicon.values[number]):
            raise DataError(
                f'{where(lexicon.path, lexicon.lines[number])}: received "{word}" a second time, '
                f"with other values than in line {lexicon.lines[first]}. Keep one."
            )
    if lost:
        logger.warning(
            "%s: %d words are no token of the vocabulary, and have no feature: %s%s",
            lexicon.path,
            len(lost),
            ", ".join(lost[:5]),
            ", ..." if len(lost) > 5 else "",
        )
    largest = np.abs(lexicon.values).max(axis=0)  # (K,)
    scaled = lexicon.values / np.where(largest > 0, largest, 1)
    values = np.zeros((len(vocabulary), len(lexicon.columns)), np.float32)
    for token_id, token in enumerate(vocabulary):
        row = rows.get(token, rows.get(token.lower()))
        if row is not None:
            values[token_id] = scaled[row]
    return values


def _refuse_lost(tokenizer: Tokenizer, kind: str) -> None:
    example = KINDS[kind].example
    if (read := tokenizer.words(example)) != [example]:
        raise ConfigError(
            f'features.extra: "{kind}" cannot be seen in this vocabulary, which reads "{example}" '
            f'as "{" ".join(read)}". Leave the feature out, or learn a vocabulary that keeps it: '
            "without --from, tokenizer.lowercase and tokenizer.elongation."
        )
