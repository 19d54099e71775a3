"""What the teachers say together: one of every text, the others of long ones."""

import numpy as np
import pytest

from teachers.jury import Jury, are_long, linear_polarity
from training.rows.dataset import Examples

LABELS = ("negative", "neutral", "positive")
SHORT, LONG = "It is fine", "It is fine " * 30


def says(*probabilities):
    return lambda texts: np.tile(np.array(probabilities), (len(texts), 1))


def test_the_others_have_a_say_in_how_long_texts_lean_and_in_nothing_else():
    jury = Jury(says(0.2, 0.5, 0.3), [says(0.9, 0.1), says(0.1, 0.6, 0.3)], [], LABELS)
    said = jury.probabilities([SHORT, LONG, SHORT])
    assert said[0].tolist() == said[2].tolist() == [0.2, 0.5, 0.3]
    # the mean log odds of 0.3 : 0.2, 0.1 : 0.9 and 0.3 : 0.1, over what is not neutral
    odds = np.cbrt((0.3 / 0.2) * (0.1 / 0.9) * (0.3 / 0.1))
    assert said[1] == pytest.approx([0.5 / (1 + odds), 0.5, 0.5 * odds / (1 + odds)])


def test_the_others_do_not_read_short_texts():
    def refuses(texts):
        raise AssertionError(texts)

    jury = Jury(says(0.2, 0.5, 0.3), [refuses], [], LABELS)
    assert jury.probabilities([SHORT]).shape == (1, 3)


def test_alone_the_judge_of_every_text_has_the_whole_say():
    said = Jury(says(0.2, 0.5, 0.3), [], [], LABELS).probabilities([SHORT, LONG])
    assert said.tolist() == [[0.2, 0.5, 0.3]] * 2


def test_a_model_of_an_earlier_round_says_as_much_of_every_text_as_the_others_together():
    jury = Jury(says(0.2, 0.5, 0.3), [says(0.1, 0.9)], [says(0.6, 0.2, 0.2)], LABELS)
    before = Jury(says(0.2, 0.5, 0.3), [says(0.1, 0.9)], [], LABELS)
    mean = np.sqrt(before.probabilities([SHORT, LONG]) * [0.6, 0.2, 0.2])  # of the log odds
    expected = mean / mean.sum(axis=1, keepdims=True)
    assert jury.probabilities([SHORT, LONG]) == pytest.approx(expected)


def test_a_long_text_has_sixty_words():
    assert are_long(["a " * 59, "a " * 60]).tolist() == [False, True]


def test_the_linear_model_learns_from_long_texts_with_a_pole():
    texts, labels = [], []
    for number in range(20):
        texts += [f"good {number} " * 30, f"bad {number} " * 30, "bad", f"so so {number} " * 30]
        labels += [2, 0, 2, 1]
    sources = np.zeros(len(texts), np.int32)
    rows = Examples(texts, np.array(labels, np.int32), sources, LABELS, ("here",))
    said = linear_polarity(rows, seed=0).probabilities(["good film " * 30, "bad film " * 30])
    assert said.shape == (2, 2)
    assert said[0, 1] > 0.8 > 0.2 > said[1, 1]
