"""Views that are called without Flask, where they are asked for by their very path.

Routing, contexts, signals and the response object are half of what a short request costs beside
the network, and `POST /v1/predict` has no use for them. The steps before and after such a
view are those of all others. Flask knows its route, for every other method and for the documents.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
from flask import Flask, Request

from service.answers import Reply
from service.errors import AUTOMATIC, refusal
from service.steps import begin, finish

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.routing import Rule

View = Callable[[Request, Any, Mapping[str, Any]], Reply]
_views: set[Any] = set()

STATUS_LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}


def direct(view: View) -> Any:
    """Have a view called without Flask; its path holds no parameter.

    It gets the request, what is kept of it from step to step (see `steps.begin`), and the
    extensions of the application.
    """
    _views.add(view)
    return view


class Direct:
    """The WSGI application in front of Flask's own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._flask: WSGIApplication = app.wsgi_app
        self._views: dict[tuple[str, str], tuple[Rule, View]] = {
            (method, rule.rule): (rule, cast(View, app.view_functions[rule.endpoint]))
            for rule in app.url_map.iter_rules()
            if app.view_functions[rule.endpoint] in _views
            for method in (rule.methods or set()) - AUTOMATIC
        }

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        found = self._views.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if found is None:
            return self._flask(environ, start_response)
        app, asked, kept = self._app, Request(environ), SimpleNamespace()
        asked.url_rule, view = found
        try:
            begin(asked, kept, app)
            reply = view(asked, kept, app.extensions)
            body = orjson.dumps(reply.value)
        except Exception as error:
            reply = refusal(error, asked, request_id=kept.request_id)
            body = orjson.dumps(reply.value)
        head = reply.headers
        head["Content-Type"] = "application/json"
        head["Content-Length"] = str(len(body))
        finish(asked, kept, reply.status, head, app)
        start_response(STATUS_LINES[reply.status], [*head.items()])
        return [body]
