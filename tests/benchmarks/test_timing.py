"""Timing: every way has its turns, on one core, on texts of the length that was asked for."""

import os

import pytest

from benchmarks.timing import interleaved, one_core, text_of


def test_every_way_has_its_turn_in_every_round():
    turns = []
    ways = {"first": lambda: turns.append("first"), "second": lambda: turns.append("second")}
    times = interleaved(ways, rounds=3)
    order = [name for name, before in zip(turns, [None, *turns], strict=False) if name != before]
    assert order == ["first", "second"] * 4  # once to see how quick they are, then three rounds
    for timing in times.values():
        assert 0 < timing.low <= timing.median <= timing.high


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no threads")
def test_one_core_is_given_back():
    before = os.sched_getaffinity(0)
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("tokens", [1, 5, 20, 39, 100, 400])
def test_a_text_has_as_many_tokens_as_asked_for(tokenizer, tokens):
    assert len(tokenizer.encode(text_of(tokenizer, tokens))) == tokens
