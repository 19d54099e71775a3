"""The page `/docs` and the document behind it: complete, open to all, nothing from elsewhere."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.operations import operation_of
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier


def get_text(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_page_shows_every_operation_and_schema(client: FlaskClient) -> None:
    page = get_text(client, "/docs")
    told = client.get("/openapi.json").get_json()
    ids = [
        operation["operationId"] for path in told["paths"].values() for operation in path.values()
    ]
    assert len(set(ids)) == len(ids) > 20
    assert [name for name in ids if page.count(f'id="{name}"') != 1] == []
    schemas = told["components"]["schemas"]
    assert [name for name in schemas if f'id="schema-{name}"' not in page] == []
    links = re.findall(r'href="#([^"]+)"', page)
    assert [link for link in links if f'id="{link}"' not in page] == []


def test_the_page_needs_no_other_host_and_no_exception_from_its_policy(client: FlaskClient) -> None:
    response = client.get("/docs")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert set(re.findall(r"\S+-src ([^;]+)", policy)) == {"'none'", "'self'"}
    page = response.get_data(as_text=True)
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', page)
    assert len(assets) == 2
    for text in (page, *(get_text(client, f"/{asset}") for asset in assets)):
        assert "//" not in re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE)
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/docs", "text/html"),
        ("/docs/docs.css", "text/css"),
        ("/docs/docs.js", "text/javascript"),
        ("/openapi.json", "application/json"),
    ],
)
def test_whoever_may_read(path: str, kind: str) -> None:
    """A browser that opens a page can send no key."""
    client = create_app(Settings(api_keys=("a" * 64,)), FakeClassifier()).test_client()
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, kind)


def test_what_the_document_says_of_keys() -> None:
    any_key = [{"key": []}, {"bearer": []}]
    for settings, security in (
        (Settings(), [{}, *any_key]),
        (Settings(api_keys=("a" * 64,)), any_key),
    ):
        paths = create_app(settings, FakeClassifier()).test_client().get("/openapi.json").get_json()
        assert paths["paths"]["/v1/predict"]["post"]["security"] == security
        assert paths["paths"]["/healthz"]["get"]["security"] == []
        admin = paths["paths"]["/v1/admin/models/{name}:activate"]["post"]
        assert admin["security"] == any_key


def test_every_view_says_what_it_takes_and_answers(app: Flask) -> None:
    for view in app.view_functions.values():
        assert operation_of(view)


def test_exactly_one_form_of_texts(client: FlaskClient) -> None:
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    request = schemas["PredictRequest"]
    assert request["oneOf"] == [{"required": [form]} for form in ("text", "texts", "documents")]
    assert request["additionalProperties"] is False
    assert schemas["Options"]["properties"]["overflow"]["enum"] == ["window", "truncate", "error"]
