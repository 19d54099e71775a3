"""When a text is mixed."""

import pytest

from sentiment.prediction import balance, is_mixed


@pytest.mark.parametrize(
    ("scores", "mixed"),
    [
        ([0.9, -0.9], True),
        ([0.6, -0.6], True),
        ([0.59, -0.9], False),
        ([0.9, -0.59], False),
        ([0.9, 0.9], False),
        ([-0.9, 0.1, 0.0], False),
        ([0.9, 0.9, 0.9, -0.9], True),
        ([0.9, 0.9, 0.9, 0.9, -0.9], False),
        ([0.9, -0.9] + [0.0] * 50, True),  # what says nothing counts for neither side
        ([], False),
    ],
)
def test_mixed_needs_enough_of_both_polarities(scores: list[float], mixed: bool) -> None:
    assert is_mixed(scores) is mixed


def test_the_balance_needs_both_labels() -> None:
    assert balance({"negative": 0.25, "neutral": 0.0, "positive": 0.75}) == 0.5
    assert balance({"negative": 0.25, "other": 0.75}) is None
