"""More texts for teachers to label, made of those there are: crops, other words, misspellings.

A small network learns most of a large one's judgement from many texts that the large one labels
(Tang et al. 2019, section 4, make theirs in much this way). So each text needs to be only roughly
natural: its label says what the teacher makes of it.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

_SENTENCE_END = re.compile(r"\s*(?:<br\s*/?>\s*)+|(?:(?<=[.!?])|(?<=[.!?][\"')]))\s+")
_WORD = re.compile(r"[a-zA-Z]{3,}")
# Words of grammar stay: another one breaks the sentence and teaches nothing.
_KEPT = frozenset(
    """the and for are but not you all any can had her was one our out has him his how its may
    new now see two who did get let say she too use that with have this will your from they
    been more when than some what then them into only over such also back even most very after
    should could would there their where which while about these those being does just like
    here were because each both other through during before between under again once same nor
    own until against without within don doesn didn isn aren wasn weren won wouldn couldn
    shouldn hasn haven hadn ain never nothing none nobody neither though although however
    despite""".split()
)


def crops(
    texts: Sequence[str], count: int, random: np.random.Generator, *, words: int = 60
) -> list[str]:
    """Cut one to three sentences out of long texts, at most `count` of them and each once.

    Args:
        words: a crop holds at most so many, and at least three.
    """
    found: dict[str, None] = {}
    for _ in range(2 * count):
        if len(found) == count:
            break
        sentences = _SENTENCE_END.split(texts[random.integers(len(texts))])
        start = random.integers(len(sentences))
        crop = " ".join(sentences[start : start + random.integers(1, 4)]).strip()
        if 3 <= len(crop.split()) <= words:
            found[crop] = None
    return list(found)


class Neighbours:
    """Words of like use for each word: what may stand in its place.

    Args:
        words: V words, lower case.
        vectors: float32 (V, F).
        count: how many neighbours a word gets.
    """

    def __init__(
        self, words: Sequence[str], vectors: npt.NDArray[np.float32], *, count: int = 12
    ) -> None:
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        self._words = list(words)
        self._index = {word: number for number, word in enumerate(words) if word not in _KEPT}
        self._nearest = np.concatenate(
            [
                np.argpartition(-(unit[start : start + 1024] @ unit.T), count, axis=1)[:, :count]
                for start in range(0, len(unit), 1024)
            ]
        )  # (V, count), the word itself among them

    def variants(
        self, texts: Sequence[str], random: np.random.Generator, *, share: float
    ) -> Iterator[str]:
        """Yield each text once more, with about a share of its words replaced by neighbours."""

        def other(match: re.Match[str]) -> str:
            row = self._index.get(match[0].lower())
            if row is None or random.random() >= share:
                return match[0]
            word = self._words[random.choice(self._nearest[row])]
            return word.capitalize() if match[0][0].isupper() else word

        for text in texts:
            yield _WORD.sub(other, text)


_LETTERS = re.compile(r"[a-zA-Z]{4,}")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
_ROWS_OF_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    key: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for row in _ROWS_OF_KEYS
    for place, key in enumerate(row)
}


def misspelt(text: str, random: np.random.Generator, *, share: float = 0.15) -> str:
    """Write a text as hurried fingers do: slips in about a share of its words, in one at least.

    A slip swaps two letters, leaves one out, doubles one, or hits the key beside it (Pruthi et al.
    2019, "Combating Adversarial Misspellings", know these but the doubled one). The first letter
    stays. Now and then the apostrophes go, and the capitals.
    """
    words = list(_LETTERS.finditer(text))
    chosen = {number for number in range(len(words)) if random.random() < share}
    if words and not chosen:
        chosen = {int(random.integers(len(words)))}
    for number in sorted(chosen, reverse=True):
        start, end = words[number].span()
        text = text[:start] + _slip(text[start:end], random) + text[end:]
    if random.random() < 0.3:
        text = _APOSTROPHE.sub("", text)
    return text.lower() if random.random() < 0.3 else text


def _slip(word: str, random: np.random.Generator) -> str:
    place = int(random.integers(1, len(word) - 1))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    match random.integers(4):
        case 0:
            return before + after[0] + letter + after[1:]
        case 1:
            return before + after
        case 2:
            return before + letter + letter + after
        case _:
            return before + str(random.choice(list(_BESIDE[letter.lower()]))) + after
