"""gunicorn's log as JSON lines: one object a line, ASCII only, and no text of a user."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gunicorn import glogging

LONGEST_PATH = 200

# The header of W3C Trace Context; what looks otherwise is not passed on.
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def request_fields(environ: Mapping[str, Any]) -> dict[str, str | None]:
    """What names one request in every line about it: its id, and the caller's trace if it has one.

    Args:
        environ: of the request, once the application has put its id there.
    """
    fields = {"request_id": environ.get("sentiment.request_id")}
    trace = environ.get("HTTP_TRACEPARENT", "")
    if TRACEPARENT.fullmatch(trace):
        fields["traceparent"] = trace
    return fields


class JsonLines(logging.Formatter):
    """One JSON object for each record; what `extra={"fields": ...}` holds is part of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line. Control characters and all beyond ASCII are escaped."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Logger(glogging.Logger):  # type: ignore[misc]
    """gunicorn's logger, which also takes over the root logger and Python's warnings."""

    def setup(self, cfg: Any) -> None:
        """Called at the start, and again when gunicorn reloads its configuration."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.setLevel(self.loglevel)
            for handler in logger.handlers:
                handler.setFormatter(JsonLines())
        # The rest of the process writes where gunicorn writes its errors.
        logging.root.handlers = list(self.error_log.handlers)
        logging.root.setLevel(self.loglevel)
        logging.captureWarnings(True)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """One line for each request, without its query, its headers and its body."""
        if not self.access_log.isEnabledFor(logging.INFO):
            return
        fields = {
            **request_fields(environ),
            "method": environ["REQUEST_METHOD"],
            "path": _path(environ),
            "status": int(str(resp.status).split(maxsplit=1)[0]),
            "bytes": resp.sent,
            "duration_ms": round(request_time / timedelta(milliseconds=1), 2),
        }
        self.access_log.info("request", extra={"fields": fields})


def _path(environ: dict[str, Any]) -> str:
    """The path as it was sent, not as WSGI has it (each byte a character)."""
    path: str = environ.get("PATH_INFO", "")
    return path.encode("latin-1", "replace").decode("utf-8", "backslashreplace")[:LONGEST_PATH]
