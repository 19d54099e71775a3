"""What is said while a network learns."""

import logging
import sys
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.slow


def show(monkeypatch, seconds: list[float], *, terminal: bool, file=None, before=0):
    """Let each batch of 50 tokens end at a second; return the bar."""
    from tqdm import tqdm

    from training import progress

    ends = iter(seconds)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(ends)))
    bar = tqdm(total=100, initial=before, disable=not terminal, file=file)
    shown = progress.Progress(bar, tokens=50.0)
    for batch in range(len(seconds)):
        shown.on_train_batch_end(batch, {"loss": 0.25})
    return bar


def test_without_a_terminal_a_line_is_logged_every_minute(monkeypatch, caplog):
    # the first batch, whose 1,000 seconds are the graph's, starts the clock
    with caplog.at_level(logging.INFO):
        show(monkeypatch, [1000, 1010, 1020, 1065, 1080, 1120, 1126], terminal=False)
    assert caplog.messages == [
        "batch 4 of 100: loss 0.2500, 2.31 tokens/s, 34:40 left",
        "batch 7 of 100: loss 0.2500, 2.38 tokens/s, 32:33 left",
    ]


def test_of_a_run_that_is_gone_on_with_all_batches_count(monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        show(monkeypatch, [1000, 1010, 1070], terminal=False, before=70)
    assert caplog.messages == ["batch 73 of 100: loss 0.2500, 1.43 tokens/s, 15:45 left"]


def test_on_a_terminal_the_bar_shows_the_speed(monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        bar = show(monkeypatch, [1000, 1010, 1100], terminal=True, file=sys.stderr)
    assert bar.n == 3
    assert bar.postfix == "loss 0.2500, 1.00 tokens/s"
    assert not caplog.messages
