"""Every option of the benchmarks is documented."""

from pathlib import Path

import pytest

from benchmarks import (
    container,
    label_efficiency,
    latency,
    memory,
    quality,
    scoring,
    scratch,
)

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "module", [quality, label_efficiency, latency, memory, scratch, scoring, container]
)
def test_every_option_is_documented(module):
    name = module.__name__
    title = name.partition(".")[2].replace("_", " ").capitalize()
    section = TEXT.partition(f"## {title}\n")[2]
    section = section.partition("\n## ")[0]
    assert f"python -m {name}" in section
    for action in module._parser()._actions:
        for option in action.option_strings:
            assert option in ("-h", "--help") or f"`{option}" in section, option
