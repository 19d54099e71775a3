"""`docs/http.md` and the code know the same routes, options, settings, errors and headers."""

import re
from collections import defaultdict
from pathlib import Path

from flask import Flask

from sentiment.errors import TextError
from service import __main__ as command_line
from service import __version__, components, errors, headers, notes
from service.metrics import Metrics
from service.schemas import Document, Options
from service.settings import ELSEWHERE, PREFIX, Settings
from service.worker import STATUS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The part of the document under a heading of the second level."""
    return re.split(rf"^## {re.escape(title)}$", TEXT, flags=re.MULTILINE)[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, heads included."""
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [re.split(r" \| ?", line) for line in lines]


def codes(text: str) -> list[str]:
    """What is set as code in the lines of a text, blocks apart."""
    return re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_every_route_and_no_other(app: Flask) -> None:
    known = {
        f"{method} {rule.rule.replace('<', '{').replace('>', '}')}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - errors.AUTOMATIC
    }
    named = {code for code in codes(TEXT) if re.fullmatch(r"(GET|POST) /\S*", code)}
    assert named <= known
    paths = {path for path in codes(TEXT) if re.fullmatch(r"/\w[^ …]*[^/…]", path)}
    assert paths <= {route.partition(" ")[2] for route in known}
    missing = known - named
    assert {route for route in missing if f"`{route.partition(' ')[2]}`" not in TEXT} == set()
    assert all("{version}" in route for route in missing)  # all others stand with their method


def test_every_option_and_no_other() -> None:
    assert set(re.findall(r"`options\.(\w+)`", TEXT)) == set(Options.model_fields)
    keys = {name for row in rows(section("`POST /v1/predict`")) for name in codes(row[0])}
    assert set(Document.model_fields) <= keys | {"text"}


def test_every_setting_and_no_other() -> None:
    table = {codes(row[0])[0]: row[1] for row in rows(section("Settings")) if "`" in row[0]}
    assert list(table) == [PREFIX + name.upper() for name in Settings.model_fields]
    assert set(re.findall(rf"{PREFIX}\w+", TEXT)) <= set(table) | {PREFIX} | ELSEWHERE
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, int | float | str):
            shown = f"{default:g}" if isinstance(default, float) else str(default)
            assert table[PREFIX + name.upper()] == shown


def test_every_code_of_an_error_under_its_status_and_no_other() -> None:
    known: dict[int, set[str]] = defaultdict(set)
    for kind, status in errors.STATUS.items():
        if issubclass(kind, errors.RequestError | TextError) and kind is not TextError:
            known[status].add(kind.code)
    known[404].add("not_found")
    known[405].add("method_not_allowed")
    known[500].add(errors.DEFECT)
    told: dict[int, set[str]] = defaultdict(set)
    for status, code, _ in rows(section("Errors"))[1:]:
        told[int(status)].update(codes(code))
    assert told == known


def test_every_status_of_what_is_not_http() -> None:
    [told] = re.findall(r"not valid HTTP at all gets ([\d, or]+)", TEXT)
    assert set(re.findall(r"\d+", told)) == {str(int(status)) for status in STATUS.values()} - {
        "500"
    }


def test_every_header_and_no_other() -> None:
    ours = {*components.PARAMETERS, *components.HEADERS, *headers.SECURITY}
    told = set(codes(section("Headers")))
    assert ours - told == set()
    named = {code for code in codes(TEXT) if re.fullmatch(r"(X-|Server-)[\w-]+", code)}
    assert named - ours == set()


def test_every_warning_and_no_other() -> None:
    source = Path(notes.__file__).read_text(encoding="utf-8")
    given = set(re.findall(r'"code": "(\w+)"', source))
    warnings = TEXT.partition("`warnings` holds")[2].partition("\n### ")[0]
    assert {codes(row[0])[0] for row in rows(warnings) if "`" in row[0]} == given


def test_every_metric_and_no_other() -> None:
    known = {
        name + ("_total" if kind == "counter" else "")
        for name, kind in ((m.name, m.type) for m in Metrics()._own.collect())
    }
    told = {name for row in rows(section("Metrics")) for name in codes(row[0])}
    assert told == known


def test_every_command() -> None:
    commands = next(action for action in command_line._parser()._actions if action.choices)
    names = list(commands.choices or ())
    assert names
    assert [name for name in names if f"python -m service {name}" not in TEXT] == []


def test_the_version_is_the_project_s() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{__version__}"\n' in project
