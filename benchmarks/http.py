"""`python -m benchmarks.http`: the service at saturation, an empty route, and the tutorial way.

Everything runs on the loopback in one run, in turn: gunicorn on some cores, wrk on the others.
"""

import argparse
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson

from benchmarks.arguments import positive
from benchmarks.load import (
    CannotMeasure,
    Command,
    Load,
    Server,
    ensure_wrk,
    free_port,
    press,
    running,
    service,
)
from benchmarks.report import Floor, table
from benchmarks.timing import text_of
from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError

TOKENS = 20
BATCH = 32
WARM_UP_REQUESTS = 20
# The tutorial's server starts a thread for each connection, and none of them gains by it.
TUTORIAL_CONNECTIONS = 4

EMPTY = "an empty Flask route"
SINGLE = "ours, one sentence"
BATCHED = f"ours, {BATCH} sentences"
EXPLAINED = "ours, one sentence, with sentences and explanation"
TUTORIAL = "the tutorial way, one sentence"


@dataclass(frozen=True)
class Way:
    """One kind of request, and where it goes."""

    server: Server
    body: bytes
    connections: int

    def warm_up(self) -> None:
        """Send it a few times; the first may take as long as it likes."""
        headers = {"Content-Type": "application/json"}
        for _ in range(WARM_UP_REQUESTS):
            request = urllib.request.Request(self.server.address, self.body, headers)
            with urllib.request.urlopen(request) as response:
                response.read()

    def press(self, seconds: int, cores: set[int]) -> Load:
        """Send it over and over, from `cores`."""
        connections = self.connections
        return press(self.server, self.body, seconds=seconds, connections=connections, cores=cores)


@dataclass
class Results:
    """What each round found."""

    loads: dict[str, list[Load]] = field(default_factory=dict)
    predict_ms: list[float] = field(default_factory=list)  # processor time of a sentence, bare
    batch_ms: list[float] = field(default_factory=list)  # and of one of a batch


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (1 for a missed floor, 2 for what can be mended)."""
    options = _parser().parse_args(arguments)
    try:
        ensure_wrk()
        classifier = Classifier.load(bundles.current(options.model))
        results = measure(classifier, options)
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    floors = floors_of(results)
    print(render(results, floors, options))
    missed = [floor for floor in floors if floor.missed]
    for floor in missed:
        print(f"missed: {floor}", file=sys.stderr)
    return 1 if options.check and missed else 0


def measure(classifier: Classifier, options: argparse.Namespace) -> Results:
    """Give every way its turn in every round."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) <= options.workers:
        raise CannotMeasure(
            f"{options.workers} workers and wrk need more cores than {len(allowed)}"
        )
    served, pressing = set(allowed[: options.workers]), set(allowed[options.workers :])
    text = text_of(classifier.bundle.tokenizer, TOKENS)
    results = Results()
    with ExitStack() as stack:
        ways = _start(stack, text, served, options)
        for way in ways.values():
            way.warm_up()
        for _ in range(options.rounds):
            results.predict_ms.append(_processor_ms(classifier, [text], served))
            results.batch_ms.append(_processor_ms(classifier, [text] * BATCH, served) / BATCH)
            for name, way in ways.items():
                load = way.press(options.seconds, pressing)
                results.loads.setdefault(name, []).append(load)
    return results


def floors_of(results: Results) -> list[Floor]:
    """Compare the ways within each round, and take the middle of the rounds."""
    loads = results.loads
    rounds = range(len(results.predict_ms))
    single, empty, batched = loads[SINGLE], loads[EMPTY], loads[BATCHED]

    def middle(ratio: Callable[[int], float]) -> float:
        return median(ratio(i) for i in rounds)

    floors = [
        Floor(
            "processor time of a sentence, in that of the empty route and `classifier.predict`",
            middle(
                lambda i: single[i].processor_ms / (empty[i].processor_ms + results.predict_ms[i])
            ),
            1.25,
            at_most=True,
        ),
        Floor(
            "requests a second, in those of the empty route",
            middle(lambda i: single[i].requests_per_second / empty[i].requests_per_second),
            0.35,
        ),
        Floor(
            "99th percentile of the time to an answer, in that of the empty route",
            middle(lambda i: single[i].p99_ms / empty[i].p99_ms),
            3,
            at_most=True,
        ),
        Floor(
            f"processor time of a request of {BATCH} sentences, in that of the empty route and"
            f" `classifier.predict` of {BATCH}",
            middle(
                lambda i: (
                    batched[i].processor_ms / (empty[i].processor_ms + BATCH * results.batch_ms[i])
                )
            ),
            1.5,
            at_most=True,
        ),
    ]
    if tutorial := loads.get(TUTORIAL):
        faster = middle(lambda i: single[i].requests_per_second / tutorial[i].requests_per_second)
        floors.append(Floor("requests a second, in those of the tutorial way", faster, 50))
    return floors


def render(results: Results, floors: Sequence[Floor], options: argparse.Namespace) -> str:
    """Render the table and the floors, in Markdown."""
    rows = []
    for name, loads in results.loads.items():
        rate = median(load.requests_per_second for load in loads)
        documents = BATCH if name == BATCHED else 0 if name == EMPTY else 1
        rows.append(
            [
                name,
                f"{rate:,.1f}",
                f"{documents * rate:,.1f}" if documents else "",
                f"{median(load.processor_ms for load in loads):.3f}",
                f"{median(load.p50_ms for load in loads):.1f}",
                f"{median(load.p99_ms for load in loads):.1f}",
            ]
        )
    header = ["", "requests/s", "documents/s", "processor ms a request", "p50 ms", "p99 ms"]
    predict, batch = median(results.predict_ms), median(results.batch_ms)
    return "\n".join(
        [
            table(header, rows),
            "",
            f"{options.workers} workers of {options.threads} threads on as many cores, wrk on the"
            f" others with {options.connections} connections (the tutorial way:"
            f" {TUTORIAL_CONNECTIONS}); sentences of {TOKENS} tokens; medians of"
            f" {options.rounds} rounds of {options.seconds} s.",
            f"`classifier.predict` alone: {predict:.3f} ms of processor for one sentence,"
            f" {batch:.3f} ms for one of {BATCH}.",
            _gain_of_batches(results),
            "",
            *(f"- {floor}" for floor in floors),
        ]
    )


def _gain_of_batches(results: Results) -> str:
    """How much larger requests gain, and what they could gain if only the model took time."""
    single, batched = results.loads[SINGLE], results.loads[BATCHED]
    rounds = range(len(results.batch_ms))
    found = median(
        BATCH * batched[i].requests_per_second / single[i].requests_per_second for i in rounds
    )
    most = median(single[i].processor_ms / results.batch_ms[i] for i in rounds)
    return (
        f"Requests of {BATCH} sentences: {found:.2f} times the documents a second of single ones;"
        f" {most:.2f} times, if a document cost what it costs `classifier.predict` of {BATCH}, and"
        " HTTP nothing."
    )


def _start(
    stack: ExitStack, text: str, cores: set[int], options: argparse.Namespace
) -> dict[str, Way]:
    """Start the servers; return what is to be sent to them."""

    def gunicorn(*application: str) -> Server:
        processes = {"workers": options.workers, "threads": options.threads}
        command = service(options.model, *application, **processes)
        return stack.enter_context(running(command, cores))

    empty = gunicorn("benchmarks.empty:create_app()")
    ours = gunicorn()
    single = orjson.dumps({"text": text})
    explained = orjson.dumps({"text": text, "options": {"sentences": True, "explain": True}})
    ways = {
        EMPTY: Way(empty, single, options.connections),
        SINGLE: Way(ours, single, options.connections),
        BATCHED: Way(ours, orjson.dumps({"texts": [text] * BATCH}), options.connections),
        EXPLAINED: Way(ours, explained, options.connections),
    }
    if options.tutorial:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.tutorial", "--port", str(port)]
        command += ["--model", str(options.model)]
        tutorial = stack.enter_context(running(Command(command, port, {}), cores))
        ways[TUTORIAL] = Way(tutorial, single, TUTORIAL_CONNECTIONS)
    return ways


def _processor_ms(classifier: Classifier, texts: Sequence[str], cores: set[int]) -> float:
    """Processor time of one call on the servers' cores, after some that are not counted."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        calls = max(10, 400 // len(texts))
        for _ in range(calls // 5):
            classifier.predict(texts)
        begun = time.thread_time()
        for _ in range(calls):
            classifier.predict(texts)
        return 1e3 * (time.thread_time() - begun) / calls
    finally:
        os.sched_setaffinity(0, allowed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--rounds", type=positive, default=5, help="turns of each way; %(default)s")
    parser.add_argument("--seconds", type=positive, default=5, help="of a turn; %(default)s")
    parser.add_argument("--connections", type=positive, default=64, help="%(default)s")
    parser.add_argument("--workers", type=positive, default=1, help="%(default)s")
    parser.add_argument("--threads", type=positive, default=4, help="of a worker; %(default)s")
    parser.add_argument(
        "--no-tutorial", dest="tutorial", action="store_false", help="leave the tutorial way out"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 where a floor of ours is missed"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
