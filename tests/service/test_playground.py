"""`GET /` and the files of the playground: what they may do, and who may read them."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app, playground
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FILES = sorted(path.name for path in playground.FOLDER.iterdir() if path.suffix != ".html")
SCRIPTS = [name for name in FILES if name.endswith(".js")]


def page_of(client: FlaskClient) -> str:
    response = client.get("/", headers=BROWSER)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    return response.get_data(as_text=True)


def source(name: str) -> str:
    """A script without its comments."""
    text = (playground.FOLDER / name).read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/plain"])
def test_programs_get_the_routes(client: FlaskClient, app: Flask, accept: str | None) -> None:
    response = client.get("/", headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert "Accept" in response.headers["Vary"]
    told = {(route["method"], route["path"]) for route in response.get_json()["routes"]}
    known = {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert {path for _, path in told} == known
    assert ("POST", "/v1/predict") in told


def test_a_browser_gets_the_page_which_without_scripts_names_every_route(
    client: FlaskClient,
) -> None:
    plain = page_of(client).partition("<noscript>")[2].partition("</noscript>")[0]
    for route in client.get("/").get_json()["routes"]:
        assert f"<code>{route['method']} {route['path']}</code>" in plain


def test_the_page_may_run_its_own_scripts_alone(client: FlaskClient) -> None:
    response = client.get("/", headers=BROWSER)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert set(re.findall(r"\S+-src ([^;]+)", policy)) == {"'none'", "'self'"}
    assert "require-trusted-types-for 'script'" in policy
    page = page_of(client)
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son\w+=", page)
    assert re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]+)"', page) == [
        "playground/icon.svg",
        "playground/playground.css",
        "playground/main.js",
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_there_and_needs_no_other_host(client: FlaskClient, name: str) -> None:
    response = client.get(f"/playground/{name}")
    assert response.status_code == 200
    assert response.mimetype == playground.TYPES[Path(name).suffix]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    text = response.get_data(as_text=True).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:|[\"'(])//", text)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_imports_exists(name: str) -> None:
    for imported, other in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', source(name)):
        for symbol in imported.replace(" ", "").split(","):
            assert re.search(rf"export (async )?(class|function|const) {symbol}\b", source(other))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_string(name: str) -> None:
    found = re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function"
        r"|setAttribute\(\"(?:on|style)|localStorage|sessionStorage|cookie",
        source(name),
    )
    assert not found, found


def test_every_script_is_used() -> None:
    reached, waiting = set(), ["main.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r'from "\./([^"]+)"', source(name))
    assert reached == set(SCRIPTS)


def test_a_file_that_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/playground/main.js")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/playground/main.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/playground/main.js", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_a_file_is_read_from_the_disk_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/playground/main.js").data
    monkeypatch.delattr(Path, "read_bytes")
    assert client.get("/playground/main.js").data == first


@pytest.mark.parametrize("name", ["nothing.js", "playground.html", "..", "..%2fdocs.css", ".env"])
def test_no_other_file_is_given_away(client: FlaskClient, name: str) -> None:
    response = client.get(f"/playground/{name}")
    assert response.status_code == 404
    assert response.get_json()["error"]["code"] == "not_found"


def test_whoever_may_read() -> None:
    """A browser that opens a page can send no key."""
    client = create_app(Settings(api_keys=("a" * 64,)), FakeClassifier()).test_client()
    assert page_of(client)
    assert client.get("/").status_code == 200
    assert client.get("/playground/main.js").status_code == 200
    assert client.get("/v1/models").status_code == 401


def test_it_can_be_switched_off() -> None:
    client = create_app(Settings(playground="off"), FakeClassifier()).test_client()
    response = client.get("/", headers=BROWSER)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert "/playground/{file}" not in {route["path"] for route in response.get_json()["routes"]}
    assert client.get("/playground/main.js").status_code == 404
    assert "/playground/{file}" not in client.get("/openapi.json").get_json()["paths"]
