"""Every option of the benchmarks is documented."""

from importlib import import_module
from pathlib import Path

import pytest

import benchmarks

COMMANDS = sorted(
    path.stem
    for path in Path(benchmarks.__file__).parent.glob("*.py")
    if "def _parser()" in path.read_text(encoding="utf-8")
)
INSIDE = {"tutorial"}  # what the HTTP benchmark starts
TITLES = {"http": "HTTP"}
TEXT = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in INSIDE])
def test_every_option_is_documented(command):
    name = f"benchmarks.{command}"
    module = import_module(name)
    title = TITLES.get(command, command.replace("_", " ").capitalize())
    section = TEXT.partition(f"## {title}\n")[2]
    section = section.partition("\n## ")[0]
    assert f"python -m {name}" in section
    for action in module._parser()._actions:
        for option in action.option_strings:
            assert option in ("-h", "--help") or f"`{option}" in section, option
