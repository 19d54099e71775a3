"""`GET /`: the routes as a list, or in a browser the playground where there is one."""

from flask import Blueprint, Response, current_app, request
from typing_extensions import TypedDict

from service import playground
from service.answers import answer
from service.keys import public
from service.openapi import document
from service.operations import JSON, Operation
from service.settings import Settings

HTML = "text/html"

blueprint = Blueprint("root", __name__)


class Route(TypedDict):
    """One route, and what it is for."""

    method: str
    path: str
    summary: str


class RouteList(TypedDict):
    """Every route of the service; `/openapi.json` says all that there is to know of them."""

    routes: list[Route]


@blueprint.get("/")
@public
@Operation(answers=RouteList, answers_as=(JSON, HTML), headers=("Vary",))
def root() -> Response:
    """The routes as a list; for a browser, a page to try the service."""
    settings: Settings = current_app.extensions["settings"]
    offered = [JSON, HTML] if settings.playground == "on" else [JSON]
    if request.accept_mimetypes.best_match(offered, default=JSON) == HTML:
        response = playground.page(_routes())
    else:
        response = answer(RouteList(routes=_routes()))
    response.vary.add("Accept")
    return response


def _routes() -> list[Route]:
    paths = document(current_app._get_current_object())["paths"]  # type: ignore[attr-defined]
    return [
        {"method": method.upper(), "path": path, "summary": operation["summary"]}
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]
