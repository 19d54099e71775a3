"""A web site of one process for tests: it serves files with ranges, and misbehaves when told to."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


class Site:
    """Files by path, and what to do to the next requests, one after the other.

    A misbehaviour is "cut" (half of what is due, then the connection ends), "drop" (no byte of it),
    "stall" (half of it, and then silence until the next request), "shift" (another range than was
    asked), "chunked cut" (half of it, chunked), or a status such as 404.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.misbehaviours: list[str | int] = []
        self.requests: list[tuple[str, str | None]] = []  # path and Range
        self.ranges = True  # whether Range is understood
        self.length = True  # whether Content-Length is told
        self.tag = True  # whether there is an entity tag; else a weak one
        self.date = True  # whether there is a date of the last change
        self.next = threading.Event()  # another request has come
        self.address = ""

    def url(self, name: str) -> str:
        return f"{self.address}/{name}"


@contextmanager
def running() -> Iterator[Site]:
    """A site at a free port of this machine."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(site, self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.next.set()
            server.shutdown()
            thread.join()


def _answer(site: Site, request: BaseHTTPRequestHandler) -> None:
    asked = request.headers["Range"]
    site.requests.append((request.path, asked))
    site.next.set()
    misbehaviour = site.misbehaviours.pop(0) if site.misbehaviours else None
    if isinstance(misbehaviour, int):
        request.send_error(misbehaviour)
        return
    content = site.files.get(request.path.lstrip("/"))
    if content is None:
        request.send_error(404)
        return
    tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
    start = 0
    valid = request.headers["If-Range"] in (None, tag if site.tag else None, DATE)
    if asked and site.ranges and valid:
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
    if start >= len(content):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(content)}")
        request.end_headers()
        return
    body = content[start:]
    request.send_response(206 if start else 200)
    if start:
        shown = start + (misbehaviour == "shift")
        request.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
    request.send_header("ETag", tag if site.tag else f"W/{tag}")
    if site.date:
        request.send_header("Last-Modified", DATE)
    if misbehaviour == "chunked cut":
        request.send_header("Transfer-Encoding", "chunked")
        body = b"%x\r\n%s" % (len(body), body)
    elif site.length:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    half = body[: (len(body) + 1) // 2]
    if misbehaviour in ("cut", "chunked cut"):
        request.wfile.write(half)
    elif misbehaviour == "stall":
        site.next.clear()
        request.wfile.write(half)
        site.next.wait(timeout=60)
    elif misbehaviour != "drop":
        request.wfile.write(body)
