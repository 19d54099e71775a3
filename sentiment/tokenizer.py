"""Text to tokens with character offsets: Hugging Face `tokenizers`, kept in one JSON file.

The rules below are written into that file when a tokenizer is trained, so a saved model carries
its own and a later change here cannot alter it.

Characters are only ever deleted or swapped one for one before tokenizing, never replaced by a
string of another length: `tokenizers` would give such a replacement the offset of its last
character alone. What must become one token (an entity, a URL's scheme, an emoticon) is a token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Self

import tokenizers
from tokenizers import Regex, models, normalizers, pre_tokenizers, trainers

from sentiment.errors import InvalidText

PAD, UNKNOWN = "[PAD]", "[UNK]"
PAD_ID, UNKNOWN_ID = 0, 1

# A word in pieces that are shorter than this on average is counted as unknown: its pieces are
# hardly more than letters.
_KNOWN_PIECE_CHARACTERS = 2

# One for one: typographic quotes to plain ones, so that "don’t" and "don't" are the same word.
_SWAPS = {"[\u2018\u2019\u02bc\u0060\u00b4]": "'", "[\u201c\u201d\u201e\u00ab\u00bb]": '"'}

# Deleted: what changes the look of an emoji and not its meaning (variation selectors, skin tones);
# invisible characters; and of a letter that stands three times or more what is between the first
# and the last one or two ("soooo" and "sooooooo" become the elongated word "soo" or "sooo", which
# is not "so", and its offsets still cover all of it). "www" stays.
_DELETED = (
    r"[\x{FE0E}\x{FE0F}\x{1F3FB}-\x{1F3FF}]"
    r"|[\x{200B}\x{200C}\x{2060}\x{FEFF}\x{AD}\x{0}]"
    r"|(?<=([\p{L}&&[^wW]]))\1(?="
)
_DELETED_UP_TO = {2: r"\1)", 3: r"\1\1)"}  # by the letters that are kept

# Skipped: who is mentioned, where a link leads, and tags other than line breaks say nothing about
# sentiment. Their "@", "https://" and "www." stay as tokens (\K: what stands before it is kept;
# unlike a lookbehind it lets the search jump from one "@", ":", "w" or "<" to the next).
_SKIPPED = r"@\K\w+|://\K[^\s<>]+|www\.\K[^\s<>]+|</?(?!br\b)[a-zA-Z][^<>]{0,200}>"

# What a token looks like, first match wins. White space matches nothing and so is dropped.
_TOKENS = "|".join(
    (
        r"https?://|www\.",
        r"<br\s{0,3}/?>",
        r"&(?:[a-z]{2,8}|\#\d{1,6});",
        # emoticons, as lower case spells them: :-) ;d =( :'( d: xd <3 </3 ^_^ -_- o_o \o/
        r"[<>]?[:;=][\-o*']?[)\](\[dpo/\\|{}@3*](?!\w)|[)\](\[dp/\\|{}][\-o*']?[:;=](?![\w)])",
        r"\bxd+\b|</?3+(?!\d)|\^[_.\-]?\^|[\-o][_.][\-o](?!\w)|\\o/|\bt[_.]t\b",
        # each emoji of a joined sequence by itself; a flag is two letters
        r"\p{Regional_Indicator}{2}|\p{Extended_Pictographic}",
        # numbers with their separators, so that 4.5, 10,000 and 7/10 stay whole
        r"\d+(?:[.,:/]\d+)*",
        # do|n't, ca|n't: the verb ends where the negation begins, as treebanks write it
        r"[\p{L}\p{M}]+(?=n't\b)|n't\b",
        r"'(?:s|m|re|ve|ll|d)\b",
        r"[\p{L}\p{M}\p{N}]+",
        # a run of punctuation, in threes at most
        r"[!?]{1,3}|\.{1,3}|([\p{P}\p{S}])\1{0,2}",
    )
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text's tokens: `T'` of them, not yet cut to the timesteps of a network."""

    encoding: tokenizers.Encoding
    ids: list[int]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """Where each token starts and ends in the text, in code points: T' pairs."""
        offsets: list[tuple[int, int]] = self.encoding.offsets
        return offsets

    def words(self) -> list[range]:
        """The tokens of each word, by number; a mark, a number or an emoji is a word too."""
        pieces = self.encoding.word_ids
        starts = [i for i, word in enumerate(pieces) if i == 0 or word != pieces[i - 1]]
        return [range(*ends) for ends in pairwise([*starts, len(pieces)])]

    def count_words(self) -> int:
        """Count the words, unknown ones included."""
        pieces = self.encoding.word_ids  # the number of each token's word, counted from 0
        return (pieces[-1] or 0) + 1 if pieces else 0

    def count_unknown(self) -> int:
        """Count the words that the vocabulary does not know.

        With subwords hardly anything is out of the vocabulary, so a word counts as unknown where
        it has no pieces at all, or pieces of under two characters on average.
        """
        whole = self.ids.count(UNKNOWN_ID)  # such a word has no pieces
        if self.count_words() == len(self.ids):
            return whole
        offsets = self.offsets
        in_pieces = [pieces for pieces in self.words() if len(pieces) > 1]
        return whole + sum(self.is_unknown(pieces, offsets) for pieces in in_pieces)

    def is_unknown(self, pieces: range, offsets: Sequence[tuple[int, int]]) -> bool:
        """Whether the vocabulary does not know the word of these tokens.

        Args:
            offsets: those of the text's tokens; reading them anew for each word would be slow.
        """
        characters = offsets[pieces[-1]][1] - offsets[pieces[0]][0]
        split_up = len(pieces) > 1 and characters < _KNOWN_PIECE_CHARACTERS * len(pieces)
        return split_up or self.ids[pieces[0]] == UNKNOWN_ID


class Tokenizer:
    """Cuts text into tokens of a fixed vocabulary of `V` rows."""

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        # A text that says "[PAD]" means these five characters, not the padding.
        self._backend.encode_special_tokens = True

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocabulary_size: int,
        min_frequency: int = 2,
        alphabet: Sequence[str] = (),
        words: Sequence[str] = (),
        lowercase: bool = True,
        elongation: Literal[2, 3] = 2,
    ) -> Self:
        """Learn a WordPiece vocabulary: frequent words whole, the rest in pieces.

        Args:
            texts: any number of texts; the same ones give the same vocabulary.
            vocabulary_size: V at most, with the two special tokens.
            min_frequency: what is seen less often is not merged into a piece.
            alphabet: characters that get a row even where no text holds them.
            words: words that do, whole; what is cut into several words, or none, gets none.
            lowercase: whether "Good" is the word "good"; else both may have rows.
            elongation: letters that "soooo" keeps. With 3 a token says of itself that it is
                elongated: "goooood" becomes "goood" instead of "good".
        """
        texts = list(texts)
        backend = _without_vocabulary(lowercase=lowercase, elongation=elongation)
        cut = [cls(backend).words(word) for word in words]
        whole = dict.fromkeys(found[0] for found in cut if len(found) == 1)

        def learn(special: list[str], size: int) -> dict[str, int]:
            backend = _without_vocabulary(lowercase=lowercase, elongation=elongation)
            trainer = trainers.WordPieceTrainer(
                vocab_size=size,
                min_frequency=min_frequency,
                special_tokens=special,
                initial_alphabet=list(alphabet),
                show_progress=False,
            )
            backend.train_from_iterator(texts, trainer)
            vocabulary: dict[str, int] = backend.get_vocab()
            return vocabulary

        # The trainer numbers the letters inside words in the order of a hash map, and breaks ties
        # by these numbers (huggingface/tokenizers#1794): each run would learn another vocabulary.
        # So a first pass finds these letters, and the second gets them in order.
        letters = sorted(token for token in learn([PAD, UNKNOWN], 0) if token.startswith("##"))
        backend.model = _model(learn([PAD, UNKNOWN, *letters, *whole], vocabulary_size))
        return cls(backend)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(tokenizers.Tokenizer.from_str(text))

    def to_json(self) -> str:
        text: str = self._backend.to_str()
        return text

    def vocabulary(self) -> list[str]:
        """Return the V tokens, each at the index that is its id."""
        ids = self._backend.get_vocab()
        return sorted(ids, key=ids.__getitem__)

    def encode(self, text: str) -> Tokens:
        """Tokenize one text.

        Raises:
            InvalidText: the text holds half of a surrogate pair.
        """
        try:
            encoding = self._backend.encode(text)
        except TypeError:
            _refuse_surrogates(text)
            raise
        return Tokens(encoding, encoding.ids)

    def words(self, text: str) -> list[str]:
        """Cut one text into the words that are looked up, as a vocabulary spells them."""
        normal = self._backend.normalizer.normalize_str(text)
        return [word for word, _ in self._backend.pre_tokenizer.pre_tokenize_str(normal)]

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize many texts on all cores, keeping their ids alone."""
        return [encoding.ids for encoding in self._backend.encode_batch_fast(list(texts))]


def _model(vocabulary: dict[str, int]) -> models.WordPiece:
    return models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=64)


def _without_vocabulary(*, lowercase: bool, elongation: Literal[2, 3]) -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(_model({}))
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC()]
        + [normalizers.Replace(Regex(pattern), to) for pattern, to in _SWAPS.items()]
        + [normalizers.Replace(Regex(_DELETED + _DELETED_UP_TO[elongation]), "")]
        + [normalizers.Lowercase()] * lowercase
    )
    any_case = "" if lowercase else "(?i)"
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(any_case + _SKIPPED), behavior="removed"),
            pre_tokenizers.Split(Regex(any_case + _TOKENS), behavior="removed", invert=True),
        ]
    )
    return backend


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidText(
            f"The text is not valid Unicode: character {error.start} is "
            f"U+{ord(text[error.start]):04X}, half of a surrogate pair. "
            "Send whole characters; in JSON an emoji's two \\u escapes belong together."
        ) from None
