"""The sample sentences and golden texts: balanced, valid, and apart from one another."""

import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parents[2] / "training"
SAMPLES = TRAINING / "samples"
LABELS = {"negative", "neutral", "positive"}
DESK = ("desk-train.csv", "desk-test.csv")


def read_rows(name: str) -> list[tuple[str, str]]:
    with open(SAMPLES / name, encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines, strict=True)
    assert header == ["text", "label"]
    return [(text, label) for text, label in rows]


def normalized(text: str) -> str:
    """Two texts that differ only in case or white space count as one."""
    return " ".join(text.casefold().split())


def words(text: str) -> set[str]:
    kept = "".join(c if c.isalnum() or c.isspace() else " " for c in text.casefold())
    return set(kept.split())


def readable(character: str) -> bool:
    """A letter, a digit or a pictograph: something a tokenizer can find."""
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "So"


@pytest.fixture(scope="module")
def train() -> list[tuple[str, str]]:
    return read_rows("train.csv")


@pytest.fixture(scope="module")
def held_out() -> list[tuple[str, str]]:
    return read_rows("test.csv")


@pytest.fixture(scope="module")
def golden() -> list[str]:
    return json.loads((TRAINING / "golden_texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "at_least"), [("train.csv", 300), ("test.csv", 100)])
def test_enough_rows_of_every_class(name: str, at_least: int) -> None:
    rows = read_rows(name)
    counts = Counter(label for _, label in rows)
    assert len(rows) >= at_least
    assert set(counts) == LABELS
    assert min(counts.values()) >= 0.25 * len(rows)


@pytest.mark.parametrize("name", ["train.csv", "test.csv", *DESK])
def test_rows_are_clean_sentences(name: str) -> None:
    for text, _ in read_rows(name):
        assert text == text.strip()
        assert 3 <= len(text.split()) <= 60, text
        assert "\ufffd" not in text, text


def test_no_text_stands_twice(train, held_out, golden) -> None:
    desk = [row for name in DESK for row in read_rows(name)]
    texts = [text for text, _ in train + held_out + desk] + golden
    repeated = [text for text, n in Counter(map(normalized, texts)).items() if n > 1]
    assert repeated == []


def test_test_and_golden_texts_are_no_paraphrases_of_training(train, held_out, golden) -> None:
    """No pair shares more than half of its distinct words."""
    seen = [words(text) for text, _ in train]
    for text in [text for text, _ in held_out] + golden:
        mine = words(text)
        overlap = max(len(mine & other) / max(1, len(mine | other)) for other in seen)
        assert overlap <= 0.5, text


def test_readme_counts_are_true(train, held_out) -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    desk = [(name, read_rows(name)) for name in DESK]
    for name, rows in (("train.csv", train), ("test.csv", held_out), *desk):
        counts = Counter(label for _, label in rows)
        row = " | ".join(str(counts[label]) for label in sorted(LABELS))
        assert f"| `{name}` | {len(rows)} | {row} |" in readme


def test_golden_texts_are_fifty_valid_texts(golden) -> None:
    assert len(golden) == 50
    for text in golden:
        assert isinstance(text, str)
        text.encode("utf-8")  # raises UnicodeEncodeError on a lone surrogate
        assert any(map(readable, text)), ascii(text)


@pytest.mark.parametrize(
    "part",
    [
        "\0",
        "\t",
        "\r\n",
        "\u200b",  # zero-width space
        "\u200d",  # joiner in emoji sequences
        "\ufe0f",  # emoji variation selector
        "\u0301",  # combining acute accent
        "\u0130",  # dotted capital I
        "\u00df",  # sharp s
        "\u2019",  # typographic apostrophe
        "\U0001f3fe",  # skin tone
        "\U0001f1ef\U0001f1f5",  # flag
        "&amp;",
        "&#39;",
        "<br />",
        "https://",
        "???!!!",
    ],
    ids=ascii,
)
def test_golden_texts_cover_the_hard_characters(golden, part: str) -> None:
    assert any(part in text for text in golden)
