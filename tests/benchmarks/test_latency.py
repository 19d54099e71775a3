"""The latency benchmark: its floors, and a short run against Keras."""

import subprocess
import sys

import pytest

from benchmarks import latency
from benchmarks.timing import Timing


def times(*, ours, bare, keras):
    values = {latency.PREDICT: ours, latency.BARE: bare, latency.KERAS_PREDICT: keras}
    return {name: Timing(median, median, median) for name, median in values.items()}


def test_floors_that_are_held():
    assert latency.missed_floors(times(ours=0.2, bare=0.1, keras=40)) == []


def test_floors_that_are_missed():
    slow_keras, slow_bare = latency.missed_floors(times(ours=0.3, bare=0.1, keras=30))
    assert slow_keras.startswith("100 times faster than Keras")
    assert slow_bare.startswith("3.00 times the bare network's time")


def test_lengths_end_at_the_models_timesteps(classifier):
    timed = latency.by_length(classifier, rounds=1)
    assert list(timed) == [5, 20, 40]


def test_a_missing_model_ends_with_2(tmp_path, capsys):
    assert latency.main(["--model", str(tmp_path)]) == 2
    assert "CURRENT cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_a_short_run_prints_every_way(bundle_root):
    command = [sys.executable, "-m", "benchmarks.latency", "--rounds", "2"]
    done = subprocess.run(
        [*command, "--model", str(bundle_root / "default")],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for way in (latency.PREDICT, latency.BARE, latency.TOKENIZING, latency.KERAS_PREDICT):
        assert f"| {way} |" in done.stdout
    assert "a row in a batch of 32, ms" in done.stdout
