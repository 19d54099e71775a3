"""Request body -> JSON value."""

import json
import socket
import threading
from contextlib import suppress
from typing import Any, NoReturn

import orjson
from flask import Request

from service.answers import excerpt
from service.errors import BodyTooLarge, InvalidJson, UnsupportedMediaType
from service.settings import variable

JSON = "application/json"

# Many clients read no answer before they have sent their whole body, and take a connection that
# closes on them for a failure of the network. So what is refused is read to its end, within reason.
DISCARDED_BYTES = 64 * 1024 * 1024
DISCARD_SECONDS = 5


def read_json(request: Request, *, max_bytes: int) -> Any:
    """Read the body of a request as JSON.

    Raises:
        UnsupportedMediaType: the headers say that the body is not plain JSON.
        BodyTooLarge: it has more than `max_bytes` bytes, however they were sent.
        InvalidJson: it is not JSON in UTF-8, or it broke off.
    """
    return parse(read(request, max_bytes=max_bytes))


def read(request: Request, *, max_bytes: int, any_type: bool = False) -> bytes:
    """Read the body of a request as it is.

    Args:
        any_type: take it whatever its Content-Type; else that must be JSON's.
    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidJson: as `read_json` does.
    """
    try:
        if not any_type:
            _check_type(request)
        return _read(request, max_bytes)
    except (UnsupportedMediaType, BodyTooLarge):
        _discard(request)
        raise


def _read(request: Request, max_bytes: int) -> bytes:
    _check_coding(request)
    declared = request.content_length or 0  # 0 also where the body comes in chunks
    if declared > max_bytes:
        raise _too_large(max_bytes)
    # A server that knows the end of each body says so; of another, only what was declared is read.
    # One byte more than is taken tells a full body from one that is too large.
    most = max_bytes + 1 if request.environ.get("wsgi.input_terminated") else declared
    try:
        body: bytes = request.environ["wsgi.input"].read(most)
    except Exception as error:  # a server's own class, for a body whose framing is broken
        raise InvalidJson("The body could not be read to its end.") from error
    if len(body) < declared:
        raise InvalidJson("The body could not be read to its end.")
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


def _discard(request: Request) -> None:
    """Read what is left of a body, and forget it."""
    left = min(request.content_length or DISCARDED_BYTES, DISCARDED_BYTES)
    # A read waits for as many bytes as it asks for, however slowly they come.
    end = threading.Timer(DISCARD_SECONDS, _read_no_more, [request.environ.get("gunicorn.socket")])
    end.start()
    try:
        while left > 0 and (block := request.environ["wsgi.input"].read(min(left, 65536))):
            left -= len(block)
    except Exception:
        return  # the client is gone, or sends nonsense: the answer is a refusal in any case
    finally:
        end.cancel()


def _read_no_more(connection: socket.socket | None) -> None:
    """Let the reads of a connection come to an end."""
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)


def parse(body: bytes) -> Any:
    """Parse JSON; strings may hold lone surrogates, so that only their text is refused.

    Raises:
        InvalidJson: the message names the line and the column, or the byte.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_leniently(body)


def _parse_leniently(body: bytes) -> Any:
    """What orjson refuses: lone surrogates and a byte-order mark are let through."""
    if not body.strip():
        raise InvalidJson('The body is empty. Send JSON such as {"text": "Great food."}.')
    try:
        text = body.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
        return json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        byte = body[error.start]
        raise InvalidJson(
            f"The body is not UTF-8: byte 0x{byte:02x} at offset {error.start}."
        ) from None
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise InvalidJson("The body is not taken: its JSON is nested too deeply.") from None
    except ValueError as error:  # a number with thousands of digits
        raise InvalidJson(f"The body is not taken: {error}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_type(request: Request) -> None:
    if request.environ.get("CONTENT_TYPE") == JSON:  # as nearly all say it
        return
    kind = request.mimetype
    if kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        received = f'is "{excerpt(kind)}"' if kind else "is missing"
        raise UnsupportedMediaType(
            f"Content-Type {received}; it must be application/json"
            " (with curl: -H 'Content-Type: application/json')."
        )


def _check_coding(request: Request) -> None:
    coding: str = request.environ.get("HTTP_CONTENT_ENCODING", "identity")
    if coding.lower() != "identity":
        raise UnsupportedMediaType(
            f'Content-Encoding is "{excerpt(coding)}"; send the body uncompressed.'
        )


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than {max_bytes} bytes. Send less at a time, or raise"
        f" {variable('max_body_bytes')}."
    )
