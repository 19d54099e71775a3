"""The HTTP benchmark: what it compares, and that its empty route runs under our worker."""

import argparse
import os
import urllib.request
from pathlib import Path

import pytest

from benchmarks import http
from benchmarks.load import Load, running, service


def results(*, single_ms: float) -> http.Results:
    """Three rounds; in the middle one everything took twice as long."""
    found = http.Results()
    for slow in (1.0, 2.0, 1.0):
        found.predict_ms.append(0.4 * slow)
        found.batch_ms.append(0.2 * slow)
        for name, ms in (
            (http.EMPTY, 0.3),
            (http.SINGLE, single_ms),
            (http.BATCHED, 7.0),
            (http.EXPLAINED, 3.0),
        ):
            load = Load(1000 / (slow * ms), slow * ms, 10 * slow * ms, 20 * slow * ms)
            found.loads.setdefault(name, []).append(load)
    return found


@pytest.mark.parametrize(("single_ms", "missed"), [(0.8, 0), (0.86, 1), (0.88, 2), (1.0, 3)])
def test_floors_compare_within_a_round(single_ms: float, missed: int) -> None:
    """With 0.3 ms for the empty route and 0.4 for the bare call, 0.857, 0.875 and 0.9 ms are it."""
    floors = http.floors_of(results(single_ms=single_ms))
    assert sum(floor.missed for floor in floors) == missed


def test_the_report_names_both_gains_of_a_batch() -> None:
    found = results(single_ms=0.8)
    options = argparse.Namespace(workers=1, threads=4, connections=64, rounds=3, seconds=5)
    text = http.render(found, http.floors_of(found), options)
    assert "3.66 times the documents a second" in text
    assert "4.00 times, if" in text


@pytest.mark.slow
def test_the_empty_route_answers_under_our_worker() -> None:
    command = service(Path("models/default"), "benchmarks.empty:create_app()", workers=1)
    with running(command, os.sched_getaffinity(0)) as server:
        with urllib.request.urlopen(server.address, b"{}") as response:
            assert (response.status, response.read()) == (200, b"")
