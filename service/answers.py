"""JSON values -> HTTP responses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Response

LONGEST_ECHO = 200


def printable(text: str) -> str:
    """The text with lone surrogates escaped, so that every encoder takes it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def excerpt(text: str) -> str:
    """What was received, short enough to be repeated in a message."""
    return printable(text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…")


@dataclass(slots=True)
class Reply:
    """An answer that no framework has seen yet: `value` becomes the JSON of its body."""

    value: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response. Dataclasses are written as objects, and NaN as null."""
    return Response(orjson.dumps(value), status, headers, mimetype="application/json")
