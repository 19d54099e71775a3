"""What every request goes through before its view and after it, inside Flask and without it."""

import os
import re
from typing import Any

from flask import Flask, Request

from service import headers, keys, timing
from service.headers import Head
from service.settings import Settings

# A caller's id goes into headers and logs, so it holds only what is harmless there.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


def begin(asked: Request, kept: Any, app: Flask) -> None:
    """Give the request its id, its deadline, and the classifier that it keeps from start to end.

    Args:
        kept: what is remembered of the request; Flask's `g`, where Flask has it.
    Raises:
        RequestError: it is too late, or one too many (see `timing.begin`), or lacks a key.
    """
    settings: Settings = app.extensions["settings"]
    received = asked.environ.get("HTTP_X_REQUEST_ID", "")
    kept.request_id = received if REQUEST_ID.fullmatch(received) else os.urandom(16).hex()
    kept.classifier = app.extensions["registry"].state.classifier
    asked.environ["sentiment.request_id"] = kept.request_id  # for the access log
    timing.begin(asked, kept, settings)
    keys.check(asked, app)


def finish(asked: Request, kept: Any, status: int, head: Head, app: Flask) -> None:
    """Complete the head of the answer, and count it."""
    headers.share(asked, head, app.extensions["settings"])
    headers.secure(head)
    timing.finish(asked, kept, status, head, app.extensions["metrics"])
    head["X-Request-Id"] = kept.request_id
    if kept.classifier:
        head["X-Model-Version"] = kept.classifier.version
