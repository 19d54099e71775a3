"""Headers of every answer: what browsers may do with it, and whose pages may ask (CORS)."""

from flask import Request
from werkzeug.datastructures import Headers

from service.settings import Settings

# Those of a Flask response, or of an answer that did without Flask.
Head = Headers | dict[str, str]

# An answer is data: nothing to run, to frame, to guess the type of, or to keep. A page that is
# more sets its own policy.
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

# What a page may send beside the headers that browsers always let through, and what it may read.
SENT = "Authorization, Content-Type, X-API-Key, X-Request-Id, X-Request-Timeout-Ms, traceparent"
READ = "X-Request-Id, X-Model-Version, Server-Timing, Retry-After, Inference-Header-Content-Length"
PREFLIGHT_SECONDS = 7200


def secure(headers: Head) -> None:
    """Add the security headers that the view did not set itself."""
    for name, value in SECURITY.items():
        headers.setdefault(name, value)


def share(asked: Request, headers: Head, settings: Settings) -> None:
    """Let pages of the origins in the settings read the answer, and ask before they send."""
    if not settings.cors_origins:
        return
    origin = asked.headers.get("Origin")
    vary = headers.get("Vary")
    headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
    if origin is None or not {origin, "*"}.intersection(settings.cors_origins):
        return
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = READ
    if asked.method == "OPTIONS" and "Access-Control-Request-Method" in asked.headers:
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
        headers["Access-Control-Allow-Headers"] = SENT
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
