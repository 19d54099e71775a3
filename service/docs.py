"""`GET /docs`: the OpenAPI document as a page. Nothing on it comes from another host."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template

from service.keys import public
from service.openapi import document
from service.operations import Operation
from service.proxies import behind
from service.registry import Registry

PAGES = Path(__file__).with_name("pages")

# The page runs its own script and nothing else, and sends only to this service.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("docs", __name__, template_folder=PAGES)


@blueprint.get("/docs")
@public
@Operation(answers_as=("text/html",))
def docs() -> Response:
    """The routes as a page, to read and to try."""
    page = _page(behind(current_app))
    return Response(page, headers={"Content-Security-Policy": POLICY}, mimetype="text/html")


@blueprint.get("/docs/docs.css")
@public
@Operation(answers_as=("text/css",))
def style() -> Response:
    """The style of the page."""
    return Response((PAGES / "docs.css").read_bytes(), mimetype="text/css")


@blueprint.get("/docs/docs.js")
@public
@Operation(answers_as=("text/javascript",))
def script() -> Response:
    """The script of the page, which sends what is tried."""
    return Response((PAGES / "docs.js").read_bytes(), mimetype="text/javascript")


@lru_cache(maxsize=1)
def _page(app: Flask) -> str:
    registry: Registry = app.extensions["registry"]
    return render_template("docs.html", document=document(app), model=registry.name, pretty=_pretty)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
