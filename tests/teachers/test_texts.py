"""Texts for teachers to label: parts of long ones, other words, emoji, misspellings."""

import numpy as np
import pytest

from teachers.texts import Neighbours, crops, misspelt, named, turning, with_emoji

REVIEW = (
    "I bought this in May. It broke after a week! Why did I pay so much? <br /><br />"
    "Support was kind. They sent a new one, and that works well."
)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def test_crops_are_runs_of_whole_sentences_each_once(random):
    cut = crops([REVIEW], 100, random)
    assert len(cut) == len(set(cut)) > 5
    assert "It broke after a week! Why did I pay so much?" in cut
    for crop in cut:
        assert crop[-1] in ".!?" and crop[0].isupper()
        assert crop.replace("much? Support", "much? <br /><br />Support") in REVIEW


def test_crops_are_neither_single_words_nor_long(random):
    assert crops(["Yes. No. Fine.", "word " * 80], 10, random) == ["Yes. No. Fine."]
    assert all(len(crop.split()) <= 6 for crop in crops([REVIEW], 50, random, words=6))


def test_no_more_crops_than_asked_for(random):
    assert len(crops([REVIEW], 3, random)) == 3


def test_turning_sentences_are_whole_and_of_each_kind(random):
    wish, comparison, fact = (
        "I wish it were red.",
        "The old one was better than this.",
        "It is red.",
    )
    text = f"{fact} {wish} {comparison} {fact} Was it worth it? {wish}"
    found = turning([text], 80, random)
    assert len(found) == len(set(found))
    assert set(found) == {wish, comparison, "Was it worth it?"}


def test_of_turning_sentences_each_kind_has_at_most_its_share(random):
    texts = [f"I wish there were {number} of them." for number in range(50)]
    found = turning([*texts, "Is it?  Why? Is it so?", "word " * 41 + "than?"], 40, random)
    assert sum(sentence.startswith("I wish") for sentence in found) == 5
    assert {sentence for sentence in found if sentence.endswith("?")} == {"Is it so?"}


def test_emoji_come_behind_a_text_before_it_or_in_its_place(random):
    made = {with_emoji("It came.", random) for _ in range(500)}
    assert len(made) > 200
    places = {text.partition("It came") for text in made}
    assert any(before and after == "." for before, _, after in places)
    assert any(not before and after.startswith(". ") for before, _, after in places)
    assert any(not before and after and after[0] not in ". " for before, _, after in places)
    alone = [text for text in made if "It came" not in text]
    assert alone and all(len(set(text)) == 1 and len(text) <= 3 for text in alone)


def test_emoji_are_read_by_their_names_whatever_the_skin():
    text = "Friday 🤦\u200d♀️ and 👍🏽👍, <3"
    assert named(text).split() == ("Friday woman facepalming and thumbs up thumbs up , <3".split())
    assert named("no picture") == "no picture"


@pytest.fixture
def neighbours() -> Neighbours:
    """Two groups of words, far apart: furniture and praise."""
    words = ["chair", "table", "sofa", "great", "lovely", "fine", "not"]
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0.2, 1], [0.2, 1]])
    return Neighbours(words, vectors.astype(np.float32), count=3)


def test_a_variant_has_words_of_like_use(neighbours, random):
    made = set(neighbours.variants(["The Chair is not great"] * 200, random, share=1))
    assert {text.split()[1] for text in made} == {"Chair", "Table", "Sofa"}
    assert {text.split()[4] for text in made} <= {"great", "lovely", "fine", "not"}
    assert len(made) > 6


def test_words_of_grammar_and_unknown_words_stay(neighbours, random):
    for text in neighbours.variants(["It is not a Wibble, you and I"] * 20, random, share=1):
        assert text == "It is not a Wibble, you and I"


def test_about_the_share_of_words_is_replaced(neighbours, random):
    (text,) = neighbours.variants(["chair " * 3000], random, share=0.3)
    # a third of the replacements is the word itself
    assert text.split().count("chair") / 3000 == pytest.approx(0.8, abs=0.03)


def test_a_misspelt_text_has_slips_in_some_words_and_keeps_the_rest(random):
    text = "The waiter wasn't friendly and nothing arrived before midnight, 4 stars"
    made = [misspelt(text, random) for _ in range(200)]
    assert len(set(made)) > 100
    others = [other for other in made if other.lower() != text.lower()]
    assert len(others) > 190  # to swap the letters of "rr" changes nothing
    for other in others:
        words = list(zip(text.split(), other.split(), strict=True))
        changed = [
            one for one, two in words if one.lower() != two.lower().replace("wasnt", "wasn't")
        ]
        assert 1 <= len(changed) < 7
        assert {"The", "and", "4"}.isdisjoint(changed)
        assert all(one[0].lower() == two[0].lower() for one, two in words)
        assert all(len(one) - 2 <= len(two) <= len(one) + 5 for one, two in words)
    assert any("wasnt" in other for other in made)
    assert any(other.islower() for other in made)


def test_a_text_without_longer_words_is_left_alone(random):
    assert {misspelt("so it is ok 👍", random) for _ in range(20)} == {"so it is ok 👍"}
