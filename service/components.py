"""What many routes of the OpenAPI document share: tags, parameters, headers, keys."""

from typing import Any

from service import deadline, tensors

# The blueprints, in the order of the document.
TAGS = {
    "predict": ("Predictions", "Texts in, labels and probabilities out."),
    "models": ("Models", "What is served, and what is known of it."),
    "admin": ("Administration", "Which version is served. It needs the admin key."),
    "comparison": ("Administration", ""),
    "health": ("Probes", "Whether the process lives, and whether it can classify."),
    "metrics": ("Metrics", "Figures for Prometheus."),
    "compat_v1": ("TensorFlow Serving and KServe, v1", "For clients of these."),
    "compat_v2": ("Open Inference Protocol, v2", "For clients of KServe and Triton."),
    "openapi": ("Documents", "This document, a page made of it, and a page to try the service."),
    "docs": ("Documents", ""),
    "root": ("Documents", ""),
    "playground": ("Documents", ""),
}

# What a caller may send in the head of any request.
PARAMETERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "An id for this request, which the answer and the log have too: at most 128"
        " letters, digits and ._:/+=@-. Any other is replaced.",
        "schema": {"type": "string"},
    },
    deadline.HEADER: {
        "description": "How many milliseconds the caller will wait. What would begin later is not"
        " begun, and the answer is 504.",
        "schema": {"type": "integer", "minimum": 1, "maximum": deadline.LONGEST_MS},
    },
    "traceparent": {
        "description": "W3C Trace Context; the log has it beside the request's id.",
        "schema": {"type": "string"},
    },
}

BINARY_PARAMETER = {
    "name": tensors.JSON_BYTES,
    "in": "header",
    "description": "How many bytes of the body are JSON; the tensors that it calls binary follow.",
    "schema": {"type": "integer", "minimum": 0},
}

IN_PATHS = {
    "name": "The model's name. Only the one that is served is found.",
    "version": "The version that serves. No other is found.",
    "file": "A file of the playground.",
}

# What the head of an answer may hold.
HEADERS: dict[str, Any] = {
    "X-Request-Id": {"description": "The request's id.", "required": True},
    "X-Model-Version": {"description": "The version of the model; none where none serves."},
    "Server-Timing": {"description": "Milliseconds of the parts of the work.", "required": True},
    "ETag": {"description": "Changes with the file.", "required": True},
    "Vary": {"description": "What the answer depends on.", "required": True},
    "Retry-After": {"description": "Seconds until another try may go better.", "required": True},
    "WWW-Authenticate": {"description": "What kind of key is asked for.", "required": True},
    tensors.JSON_BYTES: {"description": "How many bytes of the body are JSON, if not all."},
}
ALWAYS = ("X-Request-Id", "X-Model-Version", "Server-Timing")
OF_STATUS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}

SECURITY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
