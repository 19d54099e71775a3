"""Where the sentences of a text begin and end: rules for what people write in reviews and posts.

Each candidate (a run of punctuation, an emoji, a line break) is judged by the word before it and
by what follows. Every pattern reads its text once, so the time grows with the length alone.
"""

import re

_SPACE = r"[^\S\n]{0,2}"
_BREAK = r"<br\s{0,3}/?>"
_EMOJI = (
    "[\u2300-\u23ff\u2600-\u27bf\u2b05-\u2b55\U0001f000-\U0001faff]"
    "[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
)
_EMOTICON = r"(?<=\s)(?:[<>]?[:;=][-o*']?[)(\]\[DPp/\\|*3]|</?3|\^_?\^|-_-)(?!\w)"
_MARK = "[.!?…‼⁉]"
_FULL_WIDTH = "[。！？｡।॥؟۔]"
_CLOSER = "[\"'”’»)\\]}]"

# What may end a sentence, with all that belongs to its end: 'wow!!" 😍'. A link swallows its own
# full stops and question marks.
_CANDIDATES = re.compile(
    rf"(?:https?://|www\.)\S*[^\s.!?…,;:\"'”’»)\]]"
    rf"|(?P<line>[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|{_BREAK}(?:\s*{_BREAK})*)"
    rf"|(?P<marks>{_MARK}+|{_FULL_WIDTH}+|{_EMOJI}|{_EMOTICON})"
    rf"(?:{_CLOSER}|{_SPACE}(?:{_MARK}|{_FULL_WIDTH}|{_EMOJI}|{_EMOTICON}))*",
    re.IGNORECASE,
)
_CONTENT = re.compile(rf"[^\W_]|{_EMOJI}")
_ENUMERATOR = re.compile(r"\s*[(\[]?(?:\d{1,3}|[a-zA-Z])")
_NEXT = re.compile(rf"\s*(?P<line>{_BREAK})?[\"'“‘«(\[{{¿¡*_-]*", re.IGNORECASE)
_RUN_ON = re.compile(r"[A-Z][a-z]+(?![\w@])(?<!Com)(?<!Net)(?<!Org)|[IA](?=\s)")

# Never the end of a sentence.
_TITLES = frozenset(
    "mr mrs ms mx dr prof gen rep sen gov lt col capt cpt sgt rev hon pres messrs mmes mt ft "
    "e.g i.e eg ie cf vs viz al approx incl excl esp resp min max temp tel ext".split()
)
# The end only where a capital begins a usual first word: "in the U.S. He", not "the U.S. Army".
_MAY_END = frozenset(
    "jr sr inc ltd co corp bros llc dept univ assn est ave blvd rd st ph.d m.d b.a m.a b.sc m.sc "
    "b.s m.s d.c l.a n.y u.s u.k u.n e.u u.s.a".split()
)
# Not the end before a number: "No. 5", "Jan. 3"; but "No. I hated it."
_NUMBERED = frozenset(
    "no nos nr fig figs p pp vol ch sec art eq ed jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue tues wed thu thur thurs fri sat sun".split()
)
_FIRST_WORDS = frozenset(
    "i i'm i've i'd i'll a an the this that these those there here he she it its it's we you they "
    "my your his her our their who what when where why how if in on at as for from but and or so "
    "yet not no never after before then now once since while although though because however also "
    "most some many all everyone nobody nothing one two overall great good bad very".split()
)
_LONGEST_ABBREVIATION = 8
_LONGEST_ENUMERATOR = 3

# A shorter line was ended by its writer, not by the width of a window.
_WRAPPED_LINE = 40


def split(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a text.

    Returns:
        (start, end) in code points for each sentence, without the white space around it. They are
        in order, do not overlap, and leave nothing out but white space.
    """
    sentences: list[tuple[int, int]] = []
    start, content = 0, _content(text, 0)
    for found in _CANDIDATES.finditer(text):
        # Nothing but punctuation, or an emoji that opens a sentence, is no sentence yet.
        if content < found.start() and _ends(text, start, content, found):
            _add(sentences, text, start, found.end())
            start, content = found.end(), _content(text, found.end())
    _add(sentences, text, start, len(text))
    return sentences


def _content(text: str, start: int) -> int:
    """Where the first letter, digit or emoji stands."""
    found = _CONTENT.search(text, start)
    return found.start() if found else len(text)


def _add(sentences: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    sentence = text[start:end]
    stripped = sentence.strip()
    if stripped:
        start += len(sentence) - len(sentence.lstrip())
        sentences.append((start, start + len(stripped)))


def _ends(text: str, start: int, content: int, found: re.Match[str]) -> bool:
    """Whether the sentence that began at `start` ends with this candidate."""
    position, end = found.span()
    if found["line"]:
        return not _is_wrapped(text, start, position, end)
    marks = found["marks"]
    if not marks:
        return False  # a link
    if end == len(text):
        return True
    following = _NEXT.match(text, end)
    if following is None or following["line"]:
        return False  # the line break ends it
    if marks[0] in "。！？｡।॥؟۔":
        return True
    first = text[following.end() : following.end() + 1]
    if not text[end].isspace():
        return _runs_on(text, found)
    if found.group() not in (marks, marks.rstrip()) or marks[0] not in ".!?‼⁉" or marks[:2] == "..":
        return not first.islower()  # a bracket, a quote, an ellipsis or an emoji: it may go on
    return marks != "." or _full_stop_ends(text, start, content, position, following.end())


def _full_stop_ends(text: str, start: int, content: int, position: int, following: int) -> bool:
    """Judge a single full stop with white space behind it."""
    # The length first: the pattern reads the white space before the content, however much it is.
    if position - content <= _LONGEST_ENUMERATOR and _ENUMERATOR.fullmatch(text, start, position):
        return False  # "1. Good food"
    begin = max(start, position - _LONGEST_ABBREVIATION - 1)
    before = text[begin:position].split()[-1:]
    word = before[0].lstrip("\"'“‘«([{").lower() if before else ""
    if len(word) == 1 and word.isalpha():
        return word == "i" and text[position - 1] == "I"  # "J. K. Rowling"
    if word in _TITLES:
        return False
    if word in _NUMBERED:
        return not text[following : following + 1].isdigit()
    if word in ("a.m", "p.m", "etc"):
        return not text[following : following + 1].islower()
    if word in _MAY_END or re.fullmatch(r"(?:[a-z]\.)+[a-z]", word):
        after = text[following : following + 12].split()[:1]
        return bool(after) and after[0][0].isupper() and _bare(after[0]) in _FIRST_WORDS
    return True


def _runs_on(text: str, found: re.Match[str]) -> bool:
    """Whether a sentence follows without a space: "the food.Bad service", not "example.com"."""
    position, end = found.span()
    return (
        found.group() == found["marks"]
        and text[position - 1].islower()
        and text[max(0, position - 2)].isalpha()
        and bool(_RUN_ON.match(text, end))
    )


def _is_wrapped(text: str, start: int, position: int, end: int) -> bool:
    """Whether a line break stands inside a sentence, as in text that is cut to a width."""
    return (
        text[position:end] == "\n"
        and text[end : end + 1].islower()
        and (text[position - 1].isalnum() or text[position - 1] in ",;-")
        and position - start >= _WRAPPED_LINE
        and "\n" not in text[position - _WRAPPED_LINE : position]
    )


def _bare(word: str) -> str:
    return word.lower().replace("’", "'").rstrip(".,;:!?")
