"""The gunicorn worker: threads with keep-alive, plain reasons for not starting, JSON errors."""

import multiprocessing
import sys
import time
import uuid
from http import HTTPStatus
from typing import Any, NoReturn

import orjson
from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.http import errors as http

from sentiment.errors import SentimentError
from service.errors import envelope
from service.headers import SECURITY
from service.intake import Intake

# What gunicorn itself refuses, before there is a request that Flask could answer. The first
# class that fits counts.
STATUS: dict[type[Exception], HTTPStatus] = {
    http.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    http.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    http.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    http.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    http.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    http.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    http.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    http.ParseException: HTTPStatus.BAD_REQUEST,
}


# Shared by the workers of one gunicorn, since its master imports this module before it forks.
_FIRST_TO_FAIL = multiprocessing.get_context("fork").Semaphore()


class Worker(Intake):
    """The threaded worker behind its intake, with errors that this service's users can read."""

    wsgi: Any = None  # the application, once it is loaded

    def load_wsgi(self) -> None:
        """Load the application. A defect in it, not in a model, stops gunicorn as a whole."""
        try:
            super().load_wsgi()
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> NoReturn:
        """Exit so that gunicorn stops, rather than start worker after worker to fail alike.

        It stops at this exit status, but falls over with a traceback of its own when a second
        worker exits with it meanwhile. So one worker speaks for all, and the others wait.
        """
        if _FIRST_TO_FAIL.acquire(block=False):
            expected = isinstance(error, SentimentError)
            self.log.critical("Cannot start: %s", error, exc_info=None if expected else error)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        while self.alive and self.is_parent_alive():
            time.sleep(0.05)
        sys.exit(0)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: what asks on a connection that is still open is told that this is the end."""
        if self.wsgi:
            self.wsgi.extensions["draining"].begin()
        super().handle_exit(sig, frame)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is not valid HTTP in the envelope of all other errors."""
        status = next(
            (status for kind, status in STATUS.items() if isinstance(exc, kind)),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        request_id = uuid.uuid4().hex
        fields = {"request_id": request_id, "status": int(status), "error": type(exc).__name__}
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("A request failed", exc_info=exc, extra={"fields": fields})
            message = "The service failed; its log holds the reason under this request_id."
        else:
            self.log.warning("Not a valid HTTP request", extra={"fields": fields})
            message = f"This is not a request that the server takes: {status.phrase}."
        body = orjson.dumps(envelope(status.name.lower(), message, None, request_id))
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Request-Id: {request_id}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in SECURITY.items())
            + "\r\n"
        )
        try:
            util.write_nonblock(client, head.encode("ascii") + body)
        except OSError:
            self.log.debug("The client was gone before its error could be sent")
