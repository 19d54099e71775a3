"""A log line is one JSON object, whatever is in it."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from service.logs import JsonLines, Logger

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def line_of(message: str, **options: Any) -> str:
    record = logging.LogRecord("a.logger", logging.WARNING, "", 0, message, None, None)
    record.__dict__.update(options)
    return JsonLines().format(record)


def test_a_record() -> None:
    line = json.loads(line_of("hello", fields={"request_id": "r"}))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "a.logger", "hello")
    assert line["request_id"] == "r"
    assert line["time"].endswith("Z")


def test_nothing_in_a_message_can_forge_a_line() -> None:
    message = 'a\n{"level": "info"}\x1b[31m\u202e\ud800\x7f'
    line = line_of(message)
    assert "\n" not in line
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == message


def test_an_exception_is_part_of_the_line() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        line = line_of("failed", exc_info=sys.exc_info())
    assert json.loads(line)["exception"].endswith("ValueError: why")


@pytest.fixture
def logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Logger]:
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging, "captureWarnings", lambda capture: None)
    level = logging.root.level
    config = Config()
    config.set("accesslog", "-")
    yield Logger(config)
    logging.root.setLevel(level)
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).handlers.clear()


def test_the_access_log_holds_no_query_header_or_body(
    logger: Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[logging.LogRecord] = []
    monkeypatch.setattr(logger.access_log, "handle", records.append)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/caf\xc3\xa9\xff\n",
        "QUERY_STRING": "text=private",
        "HTTP_AUTHORIZATION": "Bearer private",
        "HTTP_TRACEPARENT": TRACE,
        "sentiment.request_id": "r",
    }
    response = SimpleNamespace(status="200 OK", sent=12)
    logger.access(response, None, environ, timedelta(milliseconds=1.5))
    [line] = [json.loads(JsonLines().format(record)) for record in records]
    assert "private" not in str(line)
    assert (line["method"], line["path"], line["status"]) == ("POST", "/café\\xff\n", 200)
    assert line["traceparent"] == TRACE
    assert (line["request_id"], line["bytes"], line["duration_ms"]) == ("r", 12, 1.5)
