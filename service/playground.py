"""The playground: the page that browsers get at `/`, and the files that it is made of.

Everything that it does goes through the routes that any client has.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request

from service.errors import FileNotFound
from service.keys import public
from service.operations import Operation

if TYPE_CHECKING:
    from service.root import Route

FOLDER = Path(__file__).with_name("pages") / "playground"
TYPES = {".css": "text/css", ".js": "text/javascript", ".csv": "text/csv", ".svg": "image/svg+xml"}

# The page runs its own scripts and nothing else, and sends only to this service. Trusted types: no
# script of its own may make markup of a string either.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)

# Kept by the browser, and asked for again each time: an update shows at once, and a file that has
# not changed costs an answer without a body.
REVALIDATED = {"Cache-Control": "no-cache"}

blueprint = Blueprint("playground", __name__, template_folder=FOLDER)


def page(routes: "Sequence[Route]") -> Response:
    """The page; without JavaScript it says what the API offers, which is `routes`."""
    text = render_template("playground.html", routes=routes)
    return Response(
        text, headers={"Content-Security-Policy": POLICY, **REVALIDATED}, mimetype="text/html"
    )


@blueprint.get("/playground/<file>")
@public
@Operation(
    answers_as=tuple(TYPES.values()), statuses=(200, 304), headers=("ETag",), errors=(FileNotFound,)
)
def asset(file: str) -> Response:
    """A script, a style or a picture of the page at `/`."""
    if file not in _names():
        raise FileNotFound(f"The playground has no such file; it has {', '.join(_names())}.")
    data, tag = _read(file)
    known = tag in request.if_none_match
    response = Response(
        b"" if known else data,
        status=304 if known else 200,
        headers=REVALIDATED,
        mimetype=TYPES[Path(file).suffix],
    )
    response.set_etag(tag)
    return response


@lru_cache(maxsize=1)
def _names() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in TYPES)


@lru_cache
def _read(name: str) -> tuple[bytes, str]:
    """A file that is there, read once, and the tag that changes with it."""
    data = (FOLDER / name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:32]
