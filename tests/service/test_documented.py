"""`docs/http.md` names every route, every code of an error and every command that there is."""

import re
from pathlib import Path

from flask import Flask

from service import __main__ as command_line
from service import __version__, errors

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_route(app: Flask) -> None:
    paths = {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert "/v1/models/{name}:predict" in paths
    assert sorted(path for path in paths if f"{path}`" not in TEXT) == []


def test_every_code_of_a_refused_request() -> None:
    codes = {kind.code for kind in errors.RequestError.__subclasses__()}
    assert sorted(code for code in codes if f"`{code}`" not in TEXT) == []


def test_every_command() -> None:
    commands = next(action for action in command_line._parser()._actions if action.choices)
    assert [
        name for name in commands.choices or () if f"python -m service {name}" not in TEXT
    ] == []


def test_the_version_is_the_project_s() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{__version__}"\n' in project
