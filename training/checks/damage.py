"""What damages texts on their way into a file: wrong decoding, control characters, entities."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from training.checks.findings import SHOWN, Example, Finding, Level, excerpt, number
from training.checks.table import Table


def _continuation(low: int, high: int) -> str:
    """What the bytes from `low` to `high` look like where UTF-8 is read as cp1252 or Latin-1."""
    numbers = range(low, high + 1)
    seen = {chr(byte) for byte in numbers}
    seen |= {bytes([byte]).decode("cp1252", "ignore") for byte in numbers}
    return "".join(sorted(map(re.escape, seen)))


_ANY = _continuation(0x80, 0xBF)
# After a capital A with a tilde or a circumflex these are also plain punctuation at a word's end.
_MARKS = "\u2019\u201d\u2013\u2014\u2026"
_PLAIN = "".join(c for c in _ANY if c not in _MARKS)

# UTF-8 that was read as a single-byte encoding: the letters of Latin-1 ("Ã©" for "é"), general
# punctuation and symbols ("â€™"), emoji ("ðŸ˜€"), a byte-order mark, and Cyrillic, whose letters
# need two in a row to be told from a true "Ð". Other scripts are not looked for.
_MOJIBAKE = re.compile(
    f"[\u00c2\u00c3](?:[{_PLAIN}]|[{_MARKS}](?=\\w))"
    f"|\u00e2[{_continuation(0x80, 0x84)}{_continuation(0x98, 0x9D)}][{_ANY}]"
    f"|\u00f0[\u009f\u0178][{_ANY}]{{2}}"
    f"|\u00ef\u00bb\u00bf|\u00ef\u00bf\u00bd"
    f"|(?:[\u00d0\u00d1][{_ANY}]){{2,}}"
)
_REPLACEMENT = re.compile("\ufffd")
# Of the C1 controls many are cp1252 that was read as Latin-1: U+0085 for an ellipsis.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});")


@dataclass(frozen=True)
class _Damage:
    level: Level
    check: str
    what: str
    pattern: re.Pattern[str]
    mend: str


_KINDS = (
    _Damage(
        "warning",
        "mojibake",
        "UTF-8 that was read in another encoding",
        _MOJIBAKE,
        "Export the data again as UTF-8, or repair the texts (ftfy does).",
    ),
    _Damage(
        "warning",
        "replacement_characters",
        "characters that were lost (U+FFFD)",
        _REPLACEMENT,
        "Export the data again from where it is whole: these characters cannot be restored.",
    ),
    _Damage(
        "warning",
        "control_characters",
        "control characters",
        _CONTROL,
        "Remove them; U+0080 to U+009F are mostly cp1252 that was read as Latin-1.",
    ),
    _Damage(
        "note",
        "html_entities",
        "HTML entities",
        _ENTITY,
        "Unescape them (Python: html.unescape) where the texts that will be classified have none.",
    ),
)


def check(table: Table) -> Iterator[Finding]:
    """Find damaged texts, by kind."""
    found: dict[str, list[tuple[int, re.Match[str]]]] = {kind.check: [] for kind in _KINDS}
    for row, text in enumerate(table.texts):
        # quick tests first: most texts are plain
        plain = text.isascii()
        if not plain and (match := _MOJIBAKE.search(text)):
            found["mojibake"].append((row, match))
        if not plain and (match := _REPLACEMENT.search(text)):
            found["replacement_characters"].append((row, match))
        if not text.isprintable() and (match := _CONTROL.search(text)):
            found["control_characters"].append((row, match))
        if "&" in text:
            for match in _ENTITY.finditer(text):
                if html.unescape(match[0]) != match[0]:
                    found["html_entities"].append((row, match))
                    break
    for kind in _KINDS:
        rows = found[kind.check]
        if rows:
            yield Finding(
                kind.level,
                kind.check,
                f"{number(len(rows), 'text')} with {kind.what}",
                len(rows),
                tuple(
                    Example(
                        (table.place(row),), excerpt(table.texts[row], match.start()), _what(match)
                    )
                    for row, match in rows[:SHOWN]
                ),
                kind.mend,
            )


def _what(match: re.Match[str]) -> str:
    """What was matched, where it is one character: its code point."""
    return f"U+{ord(match[0]):04X}" if len(match[0]) == 1 else ""
