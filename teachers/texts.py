"""More texts for teachers to label: parts of those there are, other words, emoji, misspellings.

A small network learns most of a large one's judgement from many texts that the large one labels
(Tang et al. 2019, section 4, make theirs in much this way). So each text needs to be only roughly
natural: its label says what the teacher makes of it.
"""

import re
from collections.abc import Iterator, Sequence

import emoji
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


# What turns or qualifies what a sentence says, where a small network needs most examples.
_TURNS = {
    "wishes": r"\bwish|\bif only\b|\b(?:should|could|would)(?:n't| not)? have\b|\bhop(?:ed|ing)\b"
    r"|\bwould(?:n't)? (?:like|love|rather|be)\b|\bsupposed to\b|\bexpect",
    "comparison": r"\b(?:better|worse|more|less|rather|other|else|\w+er) than\b|\bprefer"
    r"|\bcompared? (?:to|with)\b|\bunlike\b|\bas \w+ as\b|\binstead\b|\bno match\b",
    "negation": r"\b(?:not|never|nothing|none|nobody|hardly|without|neither|nor|no)\b|n't\b",
    "change": r"\bused to\b|\bno longer\b|\bany ?more\b|\bat first\b|\bin the end\b|\bback then\b"
    r"|\bturn(?:s|ed) out\b|\bbec(?:ome|omes|ame)\b|\bonce\b|\buntil\b",
    "contrast": r"\bbut\b|\balthough\b|\bthough\b|\bdespite\b|\bin spite\b|\bhowever\b|\beven if\b",
    "question": r"\?$",
    "others": r"\b(?:critics?|everyone|everybody|people|friends?|he|she|they|some|others?|fans)"
    r" (?:say|says|said|thinks?|thought|claims?|claimed|loved?|hated?|calls?|called)\b",
    "irony": r"\b(?:oh|wow|yeah|gee|brilliant|genius|congratulations|bravo|well done|thanks)\b"
    r"|\bnothing says\b|\bif you (?:like|enjoy|love)\b|\b(?:great|nice|good) job\b",
}


def turning(
    texts: Sequence[str], count: int, random: np.random.Generator, *, words: int = 40
) -> list[str]:
    """Cut out sentences that wish, compare, deny, ask and so on: a like share of each kind.

    Args:
        count: at most so many sentences, each once; rare kinds give fewer than their share.
        words: a sentence holds at most so many, and at least three.
    """
    kinds = [re.compile(pattern, re.IGNORECASE) for pattern in _TURNS.values()]
    found: list[dict[str, None]] = [{} for _ in kinds]
    share = count // len(kinds)
    for row in random.permutation(len(texts)):
        for sentence in map(str.strip, _SENTENCE_END.split(texts[row])):
            if 3 <= len(sentence.split()) <= words:
                for kind, of_kind in zip(kinds, found, strict=True):
                    if len(of_kind) < share and kind.search(sentence):
                        of_kind[sentence] = None
        if all(len(of_kind) == share for of_kind in found):
            break
    return list({sentence: None for of_kind in found for sentence in of_kind})


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
_VOWELS = "aeiou"
_BESIDE = {
    key: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for row in _ROWS_OF_KEYS
    for place, key in enumerate(row)
}


def misspelt(text: str, random: np.random.Generator, *, share: float = 0.15) -> str:
    """Write a text as hurried fingers do: slips in about a share of its words, in one at least.

    A slip swaps two letters, leaves one out, or hits the key beside it (Pruthi et al. 2019,
    "Combating Adversarial Misspellings"), doubles one or draws it out, or takes one vowel for
    another. The first letter stays. Now and then the apostrophes go, and the capitals.
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
    kind = random.integers(6)
    if kind == 5:
        vowels = [at for at in range(1, len(word)) if word[at].lower() in _VOWELS]
        place = int(random.choice(vowels)) if vowels else place
    before, letter, after = word[:place], word[place], word[place + 1 :]
    match kind:
        case 0:
            return before + after[0] + letter + after[1:]
        case 1:
            return before + after
        case 2:
            return before + letter + letter + after
        case 3:
            return before + letter * int(random.integers(3, 7)) + after
        case 4:
            return before + str(random.choice(list(_BESIDE[letter.lower()]))) + after
        case _:
            return before + str(random.choice(list(_VOWELS.replace(letter.lower(), "")))) + after


# Emoji that people put beside words: faces and gestures, hearts, and what stands for praise, blame
# and weather.
_EMOJI = [
    chr(code)
    for first, last in (
        (0x1F600, 0x1F64F),
        (0x1F910, 0x1F92F),
        (0x1F970, 0x1F97A),
        (0x1F440, 0x1F450),
        (0x1F493, 0x1F49F),
        (0x1F381, 0x1F38A),
        (0x1F3C5, 0x1F3C6),
        (0x1F4A9, 0x1F4AF),
        (0x2639, 0x263A),
        (0x270A, 0x270D),
    )
    for code in range(first, last + 1)
] + list("❤⭐✨✅❌☀☔⚡❗❓❄🔥🚀🌟🌈🌹🍻🥂🍾🚫🆗🗑🖕🤌🫶😻💔")
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


def with_emoji(text: str, random: np.random.Generator) -> str:
    """Put an emoji, one to three times, behind a text, now and then before it or in its place."""
    added = str(random.choice(_EMOJI)) * int(random.choice([1, 1, 1, 2, 3]))
    match random.integers(10):
        case 0:
            return added
        case 1:
            return f"{added} {text}"
        case 2 | 3:
            return f"{text.rstrip('.')}{added}"
        case _:
            return f"{text} {added}"


def named(text: str) -> str:
    """Write the names of a text's emoji in their place, for who knows words alone."""
    if text.isascii():  # looking for emoji takes milliseconds a page
        return text
    return emoji.replace_emoji(_SKIN_TONES.sub("", text), _name)


def _name(_: str, known: dict[str, str]) -> str:
    return f" {known['en'].strip(':').replace('_', ' ')} "
