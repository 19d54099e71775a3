"""The documents are true to the code: options, settings, commands and figures they name exist."""

import re
from pathlib import Path

import pytest

from service.settings import PREFIX, Settings
from training.__main__ import parser

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name):
    assert f"{PREFIX}{name.upper()}" in _read("docs/http.md")


def test_every_option_of_the_command_line_is_documented():
    text = _read("docs/training.md")
    commands = next(action for action in parser()._actions if action.choices)
    for command, options in commands.choices.items():
        assert f"python -m training {command}" in text
        for action in options._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in text, (command, option)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z][a-z-]+)", text):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"make {target}"
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / link).exists(), link
    for path in re.findall(
        r"`((?:sentiment|training|service|benchmarks|tests|docs)/[\w/.]+)`", text
    ):
        assert (ROOT / path.rstrip("/")).exists(), path
    for module in re.findall(r"python -m ((?:training|service|benchmarks)(?:\.\w+)*)", text):
        place = ROOT / module.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").exists(), module


def test_requirements_hold_what_pyproject_names():
    import tomllib

    project = tomllib.loads(_read("pyproject.toml"))["project"]
    serving, everything = _read("requirements-serve.txt"), _read("requirements.txt")
    training = _read("requirements-training.txt")
    wanted = [*project["dependencies"]]
    for line in wanted:
        assert _pinned(line, serving), line
    for line in [*wanted, *project["optional-dependencies"]["training"]]:
        assert _pinned(line, training), line
    for pin in re.findall(r"^\S+==\S+", training, re.MULTILINE):
        assert _pinned(pin, everything), pin
    for lines in project["optional-dependencies"].values():
        wanted += lines
    for line in wanted:
        assert _pinned(line, everything), line
    for heavy in ("tensorflow", "gensim", "keras", "scikit-learn", "matplotlib"):
        assert not re.search(rf"^{heavy}\b", serving, re.MULTILINE), heavy


def _pinned(line: str, pins: str) -> bool:
    # uv writes a package without its extras, and what they bring beside it
    wanted = re.sub(r"\[.*?\]", "", line.partition(";")[0].strip().lower())
    return re.search(rf"^{re.escape(wanted)}\s", pins, re.MULTILINE) is not None
