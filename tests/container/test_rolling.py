"""Replicas behind nginx, under load: nothing is lost when one is drained or all are replaced."""

import pytest

from benchmarks.containers import rolling

pytestmark = pytest.mark.slow


def test_a_drain_loses_nothing(image: str, network: str) -> None:
    outcomes = rolling.drain(image, network)
    assert outcomes["200"] > 100
    assert set(outcomes) == {"200"}


def test_a_rolling_update_loses_nothing(image: str, network: str) -> None:
    outcomes = rolling.update(image, network)
    assert outcomes["200"] > 100
    assert set(outcomes) == {"200"}


def test_what_is_lost_would_be_counted(image: str, network: str) -> None:
    """Without the hook nginx still sends to the replica after its listener is closed."""
    outcomes = rolling.stop(image, network)
    assert outcomes["200"] > 100
    assert set(outcomes) > {"200"}
