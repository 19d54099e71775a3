"""A short soak: no wrong answer while versions switch, a worker dies and gunicorn reloads."""

import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak import Report
from sentiment import bundle as bundles


@pytest.mark.slow
def test_a_short_soak(bundle_root: Path) -> None:
    model = bundles.load(bundles.current(bundle_root / "default"))
    report = soak.soak(model, requests=3000, connections=8, switches=4, workers=2)
    assert report.failures(connections=8) == []
    assert report.sent == 3000
    assert "3,000 requests" in soak.render(report)


def good() -> Report:
    report = Report(counted=10)
    report.answered.update({"1": 5, "2": 5})
    report.memory = {7: [50] * 30 + [100] * 40, 8: [1, 2, 3]}
    return report


def test_a_good_report_has_no_failures() -> None:
    assert good().failures(connections=1) == []


def test_every_failure_is_seen() -> None:
    report = good()
    report.wrong.append("an answer")
    report.lose("ConnectionResetError")
    assert report.lost == ["ConnectionResetError"]
    report.memory[7][50:] = [106] * 20
    report.counted = 12
    assert report.failures(connections=1) == [
        "wrong: an answer",
        "lost: ConnectionResetError",
        "/metrics counted 12 answers of 10",
        "worker 7 grew by 6.0%",
    ]


def test_only_the_killed_worker_s_requests_may_be_lost() -> None:
    report = good()
    report.killed_at = time.monotonic()
    for _ in range(2):
        report.lose("ConnectionResetError")
    assert report.failures(connections=2) == []
    assert report.failures(connections=1) == ["2 requests lost to one worker"]


def test_both_versions_must_have_answered() -> None:
    report = good()
    report.answered = Counter({"1": 10})
    assert report.failures(connections=1) == ["only ['1'] answered"]
