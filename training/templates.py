"""Sentences from templates: a grammar of slots and fillers, and labelled rows written with it.

The templates and fillers that train stand in `templates.json`. A capability has templates for each
label, and polar ones, whose lists of fillers have a sign: `{+adj}` and `{-adj}`. A polar template
is written as its positive sentence; with all signs turned it is the negative one. Templates that
test are others, under `tests/behaviour`, and a test holds the two apart.
"""

import csv
import io
import itertools
import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sentiment.errors import SentimentError
from training import files
from training.rows.dataset import normalise

# A filler is a string, or several forms that belong together: {pair.0} and {pair.1} of one text.
Fillers = Mapping[str, Sequence[str | Sequence[str]]]

# Templates by capability and label.
Capabilities = Mapping[str, Mapping[str, Sequence[str]]]

DATA = Path(__file__).with_name("templates.json")
LABELS = ("negative", "neutral", "positive")


def _slip(text: str) -> str:
    """Swap two letters inside the longest word, as hurried fingers do."""
    word = max(re.findall(r"\w+", text), key=len, default="")
    if len(word) < 4:
        return text
    middle = len(word) // 2
    slipped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    return text.replace(word, slipped, 1)


MODIFIERS: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "capital": lambda text: text[:1].upper() + text[1:],
    "bare": lambda text: text.rstrip(".!?"),
    "slip": _slip,
}

_SLOT = re.compile(
    r"\{(?P<slot>(?P<name>[+-]?[a-z_]+)\d?)(?:\.(?P<form>\d))?(?:\|(?P<modifier>\w+))?\}"
)
_SIGN = re.compile(r"(?<=\{)[+-]")
# Enough for the fillers here: "an ugly one", but "a useful one". "An hour" needs no slot.
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])(?!use|uni[tqvf]|eu|one)", re.IGNORECASE)


class TemplateError(SentimentError):
    """A template names what is not there, or more rows are wanted than the templates give."""

    code = "bad_template"


def read(path: Path = DATA) -> tuple[Fillers, Capabilities]:
    """Read the fillers and, by capability and label, the templates; polar ones under two labels."""
    data = json.loads(path.read_text(encoding="utf-8"))
    capabilities = {}
    for capability, groups in data["capabilities"].items():
        polar = groups.get("polar", [])
        written = {"positive": polar, "negative": [_turned(template) for template in polar]}
        capabilities[capability] = {
            label: [*written.get(label, []), *groups.get(label, [])] for label in LABELS
        }
    return data["fillers"], capabilities


def expand(template: str, fillers: Fillers, *, limit: int, seed: int = 0) -> Iterator[str]:
    """Write a template's sentences, each choice of fillers at most once, in a seeded order.

    A slot is `{name}`, `{name.0}` for one of a filler's forms, or `{name|upper}` with one of
    `MODIFIERS`. A slot that stands several times gets the same filler each time, while `{name}` and
    `{name2}` get two of a list; "a" before a filled-in vowel becomes "an".

    Args:
        limit: the most sentences wanted; a template may give fewer.
    Raises:
        TemplateError: the template names an unknown filler, form or modifier.
    """
    names = {slot["slot"]: slot["name"] for slot in _SLOT.finditer(template)}
    if unread := re.search(r"\{[^}]*\}?", _SLOT.sub("", template)):
        raise TemplateError(f'"{template}": {unread[0]} is not a slot.')
    for name in names.values():
        if name not in fillers:
            raise TemplateError(
                f'"{template}": there are no fillers "{name}", only {", ".join(sorted(fillers))}.'
            )
    sizes = [
        len(fillers[name]) - list(names.values())[:place].count(name)
        for place, name in enumerate(names.values())
    ]
    choices = math.prod(sizes)
    order = random.Random(f"{seed} {template}")  # of its own: no template moves another's order
    for number in order.sample(range(choices), min(limit, choices)):
        left = {name: list(fillers[name]) for name in names.values()}
        chosen = {}
        for (slot, name), size in zip(names.items(), sizes, strict=True):
            number, index = divmod(number, size)
            chosen[slot] = left[name].pop(index)
        yield _fill(template, chosen)


def generate(seed: int, count: int, *, path: Path = DATA, limit: int = 60) -> list[tuple[str, str]]:
    """Write labelled sentences, as many of each label (one more of some if `count` so divides).

    Within a label the capabilities take turns, and within a capability its templates, so that one
    with many fillers does not drown the others.

    Args:
        count: the number of rows.
        path: a file like `templates.json`.
        limit: the most rows of one template.
    Returns:
        Distinct texts with their labels, shuffled; the same for the same arguments.
    Raises:
        TemplateError: a template is wrong, or there are not so many rows.
    """
    fillers, capabilities = read(path)
    rows: list[tuple[str, str]] = []
    seen: set[str] = set()
    for position, label in enumerate(LABELS):
        wanted = (count + len(LABELS) - 1 - position) // len(LABELS)
        turns = [
            _in_turn([expand(t, fillers, limit=limit, seed=seed) for t in templates[label]])
            for templates in capabilities.values()
        ]
        fresh = (text for text in _in_turn(turns) if _is_new(text, seen))
        texts = list(itertools.islice(fresh, wanted))
        if len(texts) < wanted:
            raise TemplateError(
                f"{count} rows need {wanted} {label} ones, and the templates give {len(texts)}. "
                f"Ask for at most {len(texts) * len(LABELS)}."
            )
        rows += [(text, label) for text in texts]
    random.Random(seed).shuffle(rows)
    return rows


def write(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Write a CSV file with the columns `text` and `label`.

    Raises:
        ConfigError: it cannot be written.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("text", "label"))
    writer.writerows(rows)
    files.write(path, table.getvalue())


def _turned(template: str) -> str:
    return _SIGN.sub(lambda sign: "-" if sign[0] == "+" else "+", template)


def _fill(template: str, chosen: Mapping[str, str | Sequence[str]]) -> str:
    def one(slot: re.Match[str]) -> str:
        filler, form, modifier = chosen[slot["slot"]], slot["form"], slot["modifier"]
        if isinstance(filler, str) != (form is None):
            raise TemplateError(
                f'"{template}": {slot[0]} does not fit the filler {filler!r}. '
                "Take {name.0} for fillers of several forms, and {name} for the others."
            )
        try:
            text = filler if isinstance(filler, str) else filler[int(form)]
            return MODIFIERS[modifier](text) if modifier else text
        except LookupError:
            raise TemplateError(
                f'"{template}": {slot[0]}: {filler!r} has no such form, or the modifier is not '
                f"one of {', '.join(MODIFIERS)}."
            ) from None

    text = _SLOT.sub(one, template)
    return _ARTICLE.sub(r"\1n ", text) if chosen else text


def _in_turn(sources: Sequence[Iterator[str]]) -> Iterator[str]:
    """Yield one of each source in turn, until all have ended."""
    waiting = list(sources)
    while waiting:
        going_on = []
        for source in waiting:
            for text in source:
                yield text
                going_on.append(source)
                break
        waiting = going_on


def _is_new(text: str, seen: set[str]) -> bool:
    key = normalise(text)
    if key in seen:
        return False
    seen.add(key)
    return True
