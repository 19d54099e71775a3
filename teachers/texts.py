"""More texts for teachers to label, made of those there are: crops, and variants with other words.

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
