"""`python -m benchmarks.playground`: predictions while browsers load the playground.

A page load is the page and all its files, one after the other on one connection, as a browser asks
that has none of them yet; a reload asks with the tags that it knows, and is answered 304.
"""

import argparse
import http.client
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

import orjson

from benchmarks.arguments import positive
from benchmarks.load import CannotMeasure, Load, Server, ensure_wrk, press, running, service
from benchmarks.report import Floor, table
from benchmarks.timing import text_of
from sentiment import bundle as bundles
from sentiment.errors import SentimentError
from service.playground import FOLDER, TYPES

TOKENS = 20
CONNECTIONS = 2
PATHS = ["/", *(f"/playground/{path.name}" for path in FOLDER.iterdir() if path.suffix in TYPES)]
ALONE, LOADED, RELOADED = "predictions alone", "a page load a second", "a reload a second"


def load_page(port: int, tags: dict[str, str]) -> None:
    """Ask for every file once, with the tags that are known; take note of those that come."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for path in PATHS:
            headers = {"Accept": "text/html"} if path == "/" else {}
            if path in tags:
                headers["If-None-Match"] = tags[path]
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            if response.status not in (200, 304):
                raise CannotMeasure(f"{path}: {response.status}")
            if tag := response.headers["ETag"]:
                tags[path] = tag


@contextmanager
def browsing(port: int, *, reload: bool) -> Iterator[None]:
    """A page load each second, meanwhile."""
    over = threading.Event()
    known: dict[str, str] = {}

    def browse() -> None:
        while not over.wait(1):
            load_page(port, known if reload else {})

    load_page(port, known)
    with ThreadPoolExecutor(1) as pool:
        browsed = pool.submit(browse)
        try:
            yield
        finally:
            over.set()
        browsed.result()  # what a load raised, so that no figure stands for browsing that was none


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (1 for a missed floor, 2 for what can be mended)."""
    options = _parser().parse_args(arguments)
    try:
        ensure_wrk()
        tokenizer = bundles.load(bundles.current(options.model)).tokenizer
        loads, page_ms = measure(orjson.dumps({"text": text_of(tokenizer, TOKENS)}), options)
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    floor = Floor(
        "median time to an answer with a page load a second, in that without",
        median(b.p50_ms / a.p50_ms for a, b in zip(loads[ALONE], loads[LOADED], strict=True)),
        1.1,
        at_most=True,
    )
    print(render(loads, page_ms, options))
    print(f"- {floor}")
    return 1 if options.check and floor.missed else 0


def measure(
    body: bytes, options: argparse.Namespace
) -> tuple[dict[str, list[Load]], dict[str, float]]:
    """Give each way its turn in every round; and the server's processor time of a page load."""
    allowed = sorted(os.sched_getaffinity(0))
    served, pressing = {allowed[0]}, set(allowed[1:])
    if not pressing:
        raise CannotMeasure("the service and wrk need two cores, and there is one")
    command = service(options.model, workers=1)
    port = command.port
    loads: dict[str, list[Load]] = {ALONE: [], LOADED: [], RELOADED: []}
    with running(command, served) as server:

        def pressed() -> Load:
            return press(
                server, body, seconds=options.seconds, connections=CONNECTIONS, cores=pressing
            )

        pressed()  # the first may take as long as it likes
        for _ in range(options.rounds):
            loads[ALONE].append(pressed())
            for way in (LOADED, RELOADED):
                with browsing(port, reload=way == RELOADED):
                    loads[way].append(pressed())
        tags: dict[str, str] = {}
        page_ms = {
            LOADED: _page_ms(server, lambda: load_page(port, {})),
            RELOADED: _page_ms(server, lambda: load_page(port, tags)),
        }
    return loads, page_ms


def _page_ms(server: Server, load: Callable[[], None], times: int = 20) -> float:
    """Processor time of the server for one page load."""
    load()
    before = server.processor_seconds()
    for _ in range(times):
        load()
    return 1e3 * (server.processor_seconds() - before) / times


def render(
    loads: dict[str, list[Load]], page_ms: dict[str, float], options: argparse.Namespace
) -> str:
    """Render the table, in Markdown."""
    rows = [
        [
            way,
            f"{median(load.requests_per_second for load in found):,.0f}",
            f"{median(load.p50_ms for load in found):.2f}",
            f"{median(load.p99_ms for load in found):.2f}",
            f"{page_ms[way]:.0f}" if way in page_ms else "",
        ]
        for way, found in loads.items()
    ]
    header = ["", "predictions/s", "p50 ms", "p99 ms", "processor ms of the load"]
    return "\n".join(
        [
            table(header, rows),
            "",
            f"One worker on one core, wrk on another with {CONNECTIONS} connections; sentences of"
            f" {TOKENS} tokens; {len(PATHS)} files; medians of {options.rounds} rounds of"
            f" {options.seconds} s.",
            "",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.playground", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--rounds", type=positive, default=5, help="turns of each way; %(default)s")
    parser.add_argument("--seconds", type=positive, default=5, help="of a turn; %(default)s")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 where the floor is missed"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
