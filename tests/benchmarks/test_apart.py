"""What a command costs in a process of its own, and the two benchmarks that are made of that."""

from pathlib import Path

import pytest

import training
from benchmarks import apart, scoring, scratch
from benchmarks.apart import CommandFailed, Cost

SAMPLES = Path(training.__file__).with_name("samples")
GOOD = Cost(seconds=359.0, processor=600.0, peak=2_900_000_000)


def test_a_command_is_measured_by_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "busy.py").write_text(
        'import time; held = b"x" * 60_000_000\nwhile time.process_time() < 0.3: pass\n'
    )
    cost = apart.run("busy", [])
    assert cost.seconds >= cost.processor * 0.5
    assert cost.processor >= 0.3
    assert 60e6 < cost.peak < 500e6


def test_a_command_that_fails_is_told(tmp_path, capfd):
    with pytest.raises(CommandFailed, match="python -m training ended with exit status 2"):
        apart.run("training", ["templates"])
    assert "usage" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("cost", "accuracy", "missed"),
    [
        (GOOD, 0.9, []),
        (GOOD, 0.89, ["an accuracy of 0.9"]),
        (Cost(361.0, 600.0, GOOD.peak), 0.9, ["at most 6 minutes"]),
        (Cost(1.0, 1.0, 3_000_000_000), 0.1, ["an accuracy of 0.9", "less than 3 GB"]),
    ],
)
def test_each_floor_that_is_missed_is_named(cost, accuracy, missed):
    found = scratch.below(cost, accuracy)
    assert [floor.startswith(start) for floor, start in zip(found, missed, strict=True)] == [
        True for _ in missed
    ]


@pytest.mark.slow
def test_a_model_from_scratch_is_measured(capfd):
    options = ["--train", "train.csv", "--test", "test.csv", "--data", str(SAMPLES)]
    config = ["--config", str(SAMPLES / "config.toml")]
    scratch.main([*options, *config])
    printed = capfd.readouterr().out
    for name in ("accuracy on test.csv: 0.", "minutes: ", "peak memory: "):
        assert name in printed


@pytest.mark.slow
def test_rows_are_scored_and_timed(bundle_root, capfd):
    assert scoring.main(["--model", str(bundle_root / "default"), "--rows", "500"]) == 0
    printed = capfd.readouterr().out
    assert printed.startswith("500 rows in ")
    assert "processor time of a row: " in printed


def test_a_model_that_is_not_there_ends_with_2(tmp_path, capfd):
    assert scoring.main(["--model", str(tmp_path / "none"), "--rows", "5"]) == 2
    assert "error: python -m training ended with exit status 2" in capfd.readouterr().err
