"""Weights of words: what the odds are without them."""

import math
from collections.abc import Callable

import pytest

from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from sentiment.explain import MAX_EXPLAINED_WORDS, occlude
from sentiment.prediction import Prediction
from sentiment.tokenizer import UNKNOWN_ID

TEXT = "It was a zqxjwonderful day 😡 <b>and</b> we loved it!"


def explained(classifier: Classifier, text: str, **options: object) -> Prediction:
    (prediction,) = classifier.predict([text], explain=True, **options)
    assert isinstance(prediction, Prediction) and prediction.explanation
    return prediction


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_every_word_gets_one_weight_with_its_place(classifier: Classifier) -> None:
    words = explained(classifier, TEXT).explanation.words
    expected = ["It", "was", "a", "zqxjwonderful", "day", "😡", "and", "we", "loved", "it", "!"]
    assert [word.text for word in words] == expected
    for word in words:
        assert TEXT[word.offset : word.offset + word.length] == word.text


def test_the_unknown_words_are_those_that_are_counted(classifier: Classifier) -> None:
    text = "It was 中 a zqxjwv day 😡 with ✈ and 龍 龍"
    whole = explained(classifier, text)
    unknown = [word.text for word in whole.explanation.words if word.unknown]
    assert len(unknown) == whole.statistics.unknown_tokens > 2
    assert {"中", "龍"} <= set(unknown)
    assert "It" not in unknown


def test_a_weight_is_what_the_log_odds_fall_by_without_the_word(classifier: Classifier) -> None:
    """Anybody can see it: by sending the text without the word."""
    whole = explained(classifier, TEXT)
    target = whole.label
    assert whole.explanation.target == target
    for word in whole.explanation.words:
        text = TEXT[: word.offset] + " " + TEXT[word.offset + word.length :]
        (without,) = classifier.predict([text])
        expected = log_odds(whole.probabilities[target]) - log_odds(without.probabilities[target])
        assert word.weight == pytest.approx(expected, abs=1e-4)


def test_explaining_does_not_change_the_answer(classifier: Classifier) -> None:
    (plain,) = classifier.predict([TEXT])
    whole = explained(classifier, TEXT)
    assert whole.probabilities == pytest.approx(plain.probabilities, abs=1e-6)
    assert plain.explanation is None


def test_a_lone_word_is_compared_with_an_unknown_one(classifier: Classifier) -> None:
    whole = explained(classifier, "good")
    unknown = classifier.answers([[UNKNOWN_ID]])[0][classifier.labels.index(whole.label)]
    (word,) = whole.explanation.words
    expected = log_odds(whole.probabilities[whole.label]) - log_odds(unknown)
    assert word.weight == pytest.approx(expected, abs=1e-4)


def test_no_more_than_a_stated_number_of_words_is_weighed(classifier: Classifier) -> None:
    explanation = explained(classifier, "good " * (MAX_EXPLAINED_WORDS + 7)).explanation
    assert (len(explanation.words), explanation.left_out) == (MAX_EXPLAINED_WORDS, 7)
    assert all(math.isfinite(word.weight) for word in explanation.words)


def test_a_word_is_taken_out_of_every_window_that_holds_it(classifier: Classifier) -> None:
    """40 timesteps and an overlap of 10: tokens 30 to 39 are in both windows."""
    encoded = classifier._pipeline.encode("good " * 70)
    assert [len(row) for row in encoded.rows] == [40, 40]
    occlusions = occlude("good " * 70, encoded)
    assert [word.windows for word in occlusions.words] == [[0]] * 30 + [[0, 1]] * 10 + [[1]] * 30
    assert all(len(row) == 39 for word in occlusions.words for row in word.rows)


def test_what_was_not_read_gets_no_weight(classifier: Classifier) -> None:
    words = explained(classifier, "good " * 40 + "bad " * 9, overflow="truncate").explanation.words
    assert [word.text for word in words] == ["good"] * 40


def test_two_classes(make_bundle: Callable[..., Bundle]) -> None:
    bundle = make_bundle(labels=("bad", "good"))
    whole = explained(Classifier(bundle, name="default", version="1"), TEXT)
    assert whole.explanation.target == whole.label
    assert any(abs(word.weight) > 1e-3 for word in whole.explanation.words)
