"""Exception -> status and envelope, in one table."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from sentiment import errors
from service.answers import answer, excerpt, printable

logger = logging.getLogger(__name__)

AUTOMATIC = {"HEAD", "OPTIONS"}  # methods that Flask adds to routes by itself


class RequestError(errors.SentimentError):
    """A request that is refused as a whole; `target` names the part that is at fault."""

    code = "invalid_request"

    def __init__(self, message: str, *, target: str | None = None) -> None:
        super().__init__(message)
        self.target = target


class InvalidRequest(RequestError):
    """The body is JSON, but not of the shape that the route takes."""


class InvalidJson(RequestError):
    """The body is not JSON, or could not be read to its end."""

    code = "invalid_json"


class BodyTooLarge(RequestError):
    """The body has more bytes than SENTIMENT_MAX_BODY_BYTES."""

    code = "body_too_large"


class TooManyDocuments(RequestError):
    """The request holds more texts than SENTIMENT_MAX_DOCUMENTS."""

    code = "too_many_documents"


class UnsupportedMediaType(RequestError):
    """The body is said to be something else than JSON."""

    code = "unsupported_media_type"


# The nearest class in the order of inheritance counts. An exception that is not in here is a
# defect of ours: 500, logged with its traceback.
STATUS: dict[type[Exception], HTTPStatus] = {
    errors.SentimentError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.TextError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyText: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidText: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TextTooLong: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BundleError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BundleMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BundleDamaged: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BundleFormatUnsupported: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GoldenMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    InvalidJson: HTTPStatus.BAD_REQUEST,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyDocuments: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
}


def status_of(error: Exception) -> HTTPStatus:
    """The status that answers an exception."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    if isinstance(error, HTTPException) and error.code is not None:
        return HTTPStatus(error.code)
    return HTTPStatus.INTERNAL_SERVER_ERROR


def envelope(code: str, message: str, target: str | None, request_id: str) -> dict[str, Any]:
    """The body of every answer that is an error."""
    inner = {"code": code, "message": message, "target": target, "request_id": request_id}
    return {"error": inner}


def item(error: errors.SentimentError, target: str) -> dict[str, Any]:
    """The error of one text in a batch; the request as a whole went well."""
    return {"code": error.code, "message": printable(str(error)), "target": target}


def refuse(error: Exception, *, target: str | None = None) -> Response:
    """The response to an exception, in the envelope; it never shows a stack trace."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        code = status.name.lower()
        message = _http_message(error)
        headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    elif isinstance(error, errors.SentimentError):
        code, message = error.code, printable(str(error))
        target = target or getattr(error, "target", None)
    else:
        code = "internal_error"
        message = "The service failed; its log holds the reason under this request_id."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        fields = {"request_id": g.request_id}
        logger.error("A request failed", exc_info=error, extra={"fields": fields})
    return answer(envelope(code, message, target, g.request_id), status=status, headers=headers)


def install(app: Flask) -> None:
    """Answer every exception of the application through `refuse`."""
    app.register_error_handler(Exception, refuse)


def _http_message(error: HTTPException) -> str:
    path = excerpt(request.path)
    if isinstance(error, NotFound):
        return f'There is no "{path}". There are: {", ".join(_routes())}.'
    if isinstance(error, MethodNotAllowed):
        takes = ", ".join(sorted(set(error.valid_methods or ()) - AUTOMATIC))
        return f"{path} does not take {excerpt(request.method)}. It takes {takes}."
    return error.description or error.name


def _routes() -> list[str]:
    return sorted(
        f"{method} {rule.rule}"
        for rule in current_app.url_map.iter_rules()
        for method in (rule.methods or set()) - AUTOMATIC
    )
