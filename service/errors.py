"""Exception -> status and envelope, in one table."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Request, Response, current_app, g, request
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from sentiment import errors
from service.answers import Reply, answer, excerpt, printable
from service.logs import request_fields
from service.proxies import behind

logger = logging.getLogger(__name__)

# Where clients of TensorFlow Serving, KServe and the Open Inference Protocol call, who expect the
# message alone.
PLAIN = re.compile(r"/v2(/|$)|/v1/models/[^/]+(/versions/[^/]+)?:")

AUTOMATIC = {"HEAD", "OPTIONS"}  # methods that Flask adds to routes by itself

DEFECT = "internal_error"  # the code of whatever is no error of the request


class ErrorDetail(TypedDict):
    """Why a request is refused; `target` names the part that is at fault, where one is."""

    code: str
    message: str
    target: str | None
    request_id: str


class ErrorAnswer(TypedDict):
    """The body of every answer that is an error."""

    error: ErrorDetail


class PlainErrorAnswer(TypedDict):
    """The same on the compatibility routes: the message alone."""

    error: str


class RequestError(errors.SentimentError):
    """A request that is refused as a whole; `target` names the part that is at fault.

    `retry_after` is the seconds after which another try may go better, where one may.
    """

    code = "invalid_request"
    retry_after: int | None = None

    def __init__(self, message: str, *, target: str | None = None) -> None:
        super().__init__(message)
        self.target = target

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's head says of the error."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


class InvalidRequest(RequestError):
    """The body is JSON of another shape than the route takes, or a header will not do."""


class InvalidJson(RequestError):
    """The body is not JSON, or could not be read to its end."""

    code = "invalid_json"


class BodyTooLarge(RequestError):
    """The body has more bytes than SENTIMENT_MAX_BODY_BYTES."""

    code = "body_too_large"


class TooManyDocuments(RequestError):
    """The request holds more texts than SENTIMENT_MAX_DOCUMENTS."""

    code = "too_many_documents"


class TooManySentences(RequestError):
    """The request's texts have more sentences than SENTIMENT_MAX_SENTENCES."""

    code = "too_many_sentences"


class TooManyRequests(RequestError):
    """The worker holds as many requests as SENTIMENT_MAX_CONCURRENT_REQUESTS."""

    code = "too_many_requests"
    retry_after = 1


class DeadlineExceeded(RequestError):
    """The time that the caller gave in X-Request-Timeout-Ms has passed."""

    code = "deadline_exceeded"


class UnsupportedMediaType(RequestError):
    """The body is said to be something else than JSON."""

    code = "unsupported_media_type"


class NotReady(RequestError):
    """No version of the model can be served."""

    code = "not_ready"
    retry_after = 5


class Unauthenticated(RequestError):
    """The request carries no key, or one that is not known.

    `challenge` says what is asked for.
    """

    code = "unauthenticated"

    def __init__(self, message: str, *, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge

    @property
    def headers(self) -> dict[str, str]:
        """The header that this status is to have."""
        return {"WWW-Authenticate": self.challenge}


class Forbidden(RequestError):
    """The request's key is for other routes."""

    code = "forbidden"


class ModelNotFound(RequestError):
    """The service has no model of that name, or does not serve that version of it."""

    code = "model_not_found"


class FileNotFound(RequestError):
    """The page has no such file."""

    code = "not_found"


class VersionNotFound(RequestError):
    """The model has no such version."""

    code = "version_not_found"


class ActivationRefused(RequestError):
    """The version cannot be served, and `CURRENT` stays as it is."""

    code = "activation_refused"


class ModelsReadOnly(RequestError):
    """The service may not write `CURRENT`."""

    code = "models_read_only"


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
    TooManySentences: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    DeadlineExceeded: HTTPStatus.GATEWAY_TIMEOUT,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    ModelNotFound: HTTPStatus.NOT_FOUND,
    FileNotFound: HTTPStatus.NOT_FOUND,
    VersionNotFound: HTTPStatus.NOT_FOUND,
    ActivationRefused: HTTPStatus.CONFLICT,
    ModelsReadOnly: HTTPStatus.CONFLICT,
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


def envelope(code: str, message: str, target: str | None, request_id: str) -> ErrorAnswer:
    """The body of every answer that is an error."""
    detail = ErrorDetail(code=code, message=message, target=target, request_id=request_id)
    return {"error": detail}


def refusal(
    error: Exception, asked: Request, *, request_id: str, target: str | None = None
) -> Reply:
    """The answer to an exception, in the envelope; it never shows a stack trace.

    Args:
        target: the part of the request that is at fault, where the error does not say it.
    """
    status = status_of(error)
    headers: Mapping[str, str] = {}
    if isinstance(error, HTTPException):
        code = status.name.lower()
        message = _http_message(error, asked)
        headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    elif isinstance(error, errors.SentimentError):
        code, message = error.code, printable(str(error))
        if isinstance(error, RequestError):
            target, headers = target or error.target, error.headers
    else:
        code = DEFECT
        message = "The service failed; its log holds the reason under this request_id."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, RequestError):
        fields = request_fields(asked.environ)
        logger.error("A request failed", exc_info=error, extra={"fields": fields})
    if PLAIN.match(asked.path):
        return Reply(PlainErrorAnswer(error=message), status, dict(headers))
    return Reply(envelope(code, message, target, request_id), status, dict(headers))


def refuse(error: Exception) -> Response:
    """The response to an exception, from inside Flask."""
    reply = refusal(error, behind(request), request_id=g.request_id)
    return answer(reply.value, status=reply.status, headers=reply.headers)


def install(app: Flask) -> None:
    """Answer every exception of the application through `refuse`."""
    app.register_error_handler(Exception, refuse)


def _http_message(error: HTTPException, asked: Request) -> str:
    path = excerpt(asked.path)
    if isinstance(error, NotFound):
        return f'There is no "{path}". There are: {", ".join(_routes())}.'
    if isinstance(error, MethodNotAllowed):
        takes = ", ".join(sorted(set(error.valid_methods or ()) - AUTOMATIC))
        return f"{path} does not take {excerpt(asked.method)}. It takes {takes}."
    return error.description or error.name


def _routes() -> list[str]:
    return sorted(
        f"{method} {rule.rule}"
        for rule in current_app.url_map.iter_rules()
        for method in (rule.methods or set()) - AUTOMATIC
    )
