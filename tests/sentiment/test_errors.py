"""What every error of the kernel promises."""

import re

import pytest

from sentiment import errors
from sentiment.errors import BundleError, SentimentError, TextError

ALL = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize("error", ALL)
def test_an_error_has_a_code_and_says_when_it_is_raised(error: type[SentimentError]) -> None:
    assert issubclass(error, SentimentError)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert error.__doc__


def test_a_code_belongs_to_one_error() -> None:
    codes = {error.code for error in ALL if error is not TextError}  # a group, never raised itself
    assert len(codes) == len(ALL) - 1


def test_a_text_and_a_bundle_fail_apart() -> None:
    assert not issubclass(TextError, BundleError)
    assert not issubclass(BundleError, TextError)
