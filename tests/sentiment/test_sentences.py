"""Where sentences begin and end; what people write, and anything at all."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.sentences import split

# Sentences that stand in one line, with a space between them.
LINES = [
    ["Great food.", "Awful service 😡"],
    ["It was good, e.g. the soup, i.e. the starter."],
    ["Mr. Smith loved it.", "Dr. Jones did not."],
    ["We visited the U.S. in May.", "It was hot."],
    ["He lives in the U.S.", "He likes it."],
    ["The U.S. Army bought them."],
    ["Table No. 5 was dirty.", "Nobody cared."],
    ["No.", "I hated it."],
    ["We came at 9 a.m. and left.", "Bad."],
    ["We came at 9 a.m.", "The staff was asleep."],
    ["It opened on Jan. 5 in St. Louis.", "Great."],
    ["J. K. Rowling wrote it.", "I read it."],
    ["It was my friend and I.", "We left."],
    ["Acme Inc. makes it.", "It broke."],
    ["It was bad, bad, etc.", "We left."],
    ["He is a Ph.D. student.", "Smart."],
    ["It cost 4.50 and weighed 3.2 kg."],
    ["It rates 8.5/10.", "Worth it."],
    ["1. Nice room.", "2. Bad bed."],
    ["Well... it was okay.", "I guess..."],
    ["I waited...", "Nobody came."],
    ["Hmm… not bad.", "Fine…", "Good."],
    ["i hated it.", "the food was cold.", "never again."],
    ["Was it good?", "yes, very."],
    ["Loved it!!!", "What?!", "Really?"],
    ["Wow ! ! !", "Next."],
    ['She said "It is great."', "I agreed."],
    ['"Awful!" he said.', "We left."],
    ["It was fine (mostly.)", "Then we left."],
    ["It was (really!) good.", "Fine."],
    ["It’s “fine.”", "Not more."],
    ["It ended.", '"Bad," he said.'],
    ["Loved it 😍", "Will come again 👍👍"],
    ["Loved it!!! 😍😍", "Next time too"],
    ["I ❤ pizza and 🍣 too."],
    ["😡 Awful.", "Fine 👩\u200d👧", "Good"],
    ["Great :)", "Not so great :("],
    ["See https://example.com/a.b?c=d.", "It is nice."],
    ["See www.example.com!", "Or example.com or a.b@example.com."],
    ["Fish &amp; chips &lt;3.", "Yum."],
    ["¡Qué bien!", "¿Y tú?"],
    ["*** Good.", "Bad."],
]

# A text, and its sentences.
JOINED = [
    ("The food was good.Bad service.", ["The food was good.", "Bad service."]),
    ("The food was great!The service not.", ["The food was great!", "The service not."]),
    ("Ask example.Com or Node.js", ["Ask example.Com or Node.js"]),
    ("真好吃。服务很差！", ["真好吃。", "服务很差！"]),
    ("First line\nSecond line", ["First line", "Second line"]),
    ("no\nyes\r\nperhaps", ["no", "yes", "perhaps"]),
    ("Fine.\n\n- good\n- bad", ["Fine.", "- good", "- bad"]),
    ("Good film.<br /><br />Bad end.<BR>", ["Good film.<br /><br />", "Bad end.<BR>"]),
    ("Good film. <br>Bad end.", ["Good film. <br>", "Bad end."]),
    ("😍😍\n😡 Bad", ["😍😍", "😡 Bad"]),
    (
        "A text that is cut to the width of a window has\nline breaks in sentences.\nyes\nit has",
        [
            "A text that is cut to the width of a window has\nline breaks in sentences.",
            "yes",
            "it has",
        ],
    ),
    ("  Good.   Bad.  ", ["Good.", "Bad."]),
    (" \n (123. Good. 1234. Bad.", ["(123. Good.", "1234.", "Bad."]),
    ("...", ["..."]),
    (" \n ", []),
    ("", []),
]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize("expected", LINES, ids=lambda expected: expected[0])
def test_sentences_in_a_line(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(("text", "expected"), JOINED)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


FRAGMENTS = [*" \n\t.!?…,;:'\"()[]<>-_*5aAzI😡❤é字。\u200d\ufe0f\u0301\xa0\x85\u2028\ud800"]
FRAGMENTS += [
    "Mr",
    "U.S.",
    "e.g.",
    "No",
    " the ",
    " The",
    "<br />",
    "https://a.b",
    ":)",
    "...",
    "\r\n",
]


@settings(deadline=None, max_examples=500)
@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)))
def test_sentences_are_in_order_apart_and_complete(text: str) -> None:
    found = split(text)
    ends = [0, *(place for span in found for place in span), len(text)]
    assert ends == sorted(ends)
    for start, end in found:
        assert text[start:end] and text[start:end] == text[start:end].strip()
    between = [text[end:start] for end, start in zip(ends[::2], ends[1::2], strict=True)]
    assert not "".join(between).strip()


@settings(deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join))
def test_only_sentences_that_say_something_stand_alone(text: str) -> None:
    """All but the last hold a letter, a digit or an emoji."""
    for sentence in sentences(text)[:-1]:
        assert re.search(r"[^\W_]|[😡❤]", sentence)


UNITS = ["a. ", "A. ", "((", '"a. ', "!", ".", "\n", " ", "x", "Mr. ", "😡", "https://", "a.b"]
UNITS += ["\n\n.", "! ", "!   ", "a!", "<br>", "<br> ", "a :) ", "😡\ufe0f", 'a!"""', "a.-", ". -"]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_time_is_in_proportion_to_the_length(unit: str) -> None:
    """Quadratic time would take minutes here."""
    started = time.perf_counter()
    split(unit * 50_000)
    split("a " + unit * 50_000)
    split(" " * 50_000 + unit * 50_000)
    assert time.perf_counter() - started < 10
