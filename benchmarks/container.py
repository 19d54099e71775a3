"""The image and its replicas: size, start, memory, and requests lost while replicas come and go."""

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Sequence

from benchmarks import startup
from benchmarks.containers import engine, rolling
from benchmarks.containers.engine import CONFINED, Container, podman
from benchmarks.load import free_port
from benchmarks.report import Floor, table
from sentiment.errors import SentimentError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; return the exit status (1: a floor is missed, 2: containers fail)."""
    options = _parser().parse_args(arguments)
    try:
        engine.prepare()
        image = engine.build("serving")
        with engine.network() as network:
            floors = measure(image, network, options.starts)
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if options.check and any(floor.missed for floor in floors) else 0


def measure(image: str, network: str, starts: int) -> list[Floor]:
    """Measure and print one thing after the other; return what is wanted of them."""
    megabytes = (engine.inspect(image)["Size"] - engine.inspect(engine.BASE)["Size"]) / 1e6
    floors = [Floor("image beyond its base, MB", megabytes, 350, at_most=True)]

    bare, contained = [], []
    for _ in range(starts):
        bare.append(startup.start(workers=2)[0])
        contained.append(_seconds_to_ready(image))
    print(
        table(
            ["seconds until ready, two workers", "min", "median", "max"],
            [_row("bare process", bare), _row("container", contained)],
        ),
        end="\n\n",
    )
    ratio = statistics.median(contained) / statistics.median(bare)
    floors.append(Floor("start, in those of the bare process", ratio, 1.5, at_most=True))

    memory = _memory_at_rest(image, network) / 1e6
    floors.append(Floor("memory of two workers at rest, MB", memory, 250, at_most=True))

    losses = {
        "one of two replicas drained": rolling.drain(image, network),
        "rolling update of two replicas": rolling.update(image, network),
        "one of two stopped without the hook": rolling.stop(image, network),
    }
    rows = [
        [name, f"{found['200']:,}", f"{found.total() - found['200']:,}", _others(found)]
        for name, found in losses.items()
    ]
    print(table(["requests through nginx", "answered", "lost", "as what"], rows), end="\n\n")
    for name, found in list(losses.items())[:2]:
        floors.append(Floor(f"lost: {name}", found.total() - found["200"], 0, at_most=True))
    print(*(f"- {floor}" for floor in floors), sep="\n")
    return floors


def _seconds_to_ready(image: str) -> float:
    """From `podman start` of a container that is made already to its first ready answer.

    It shares the machine's network: how long an engine takes to lay a bridge is not the image's.
    """
    name, port = f"sentiment-{uuid.uuid4().hex[:8]}", free_port()
    given = [
        "--env=SENTIMENT_AUTH=off",
        "--env=SENTIMENT_WORKERS=2",
        f"--env=SENTIMENT_PORT={port}",
    ]
    podman("create", f"--name={name}", "--network=host", *CONFINED, *given, image)
    try:
        began = time.perf_counter()
        podman("start", name)
        Container(name, f"127.0.0.1:{port}").wait_until_ready()
        return time.perf_counter() - began
    finally:
        podman("rm", "--force", "--time=0", name)


def _memory_at_rest(image: str, network: str) -> int:
    """Bytes of the container after a few predictions and some seconds of rest."""
    with engine.container(image, network) as container:
        container.wait_until_ready()
        for _ in range(50):
            container.predict("The food was great, but the service was slow.")
        time.sleep(5)
        return container.memory_bytes()


def _row(name: str, seconds: Sequence[float]) -> list[str]:
    figures = (min(seconds), statistics.median(seconds), max(seconds))
    return [name, *(f"{figure:.2f}" for figure in figures)]


def _others(outcomes: rolling.Outcomes) -> str:
    return ", ".join(f"{name} {count}" for name, count in outcomes.items() if name != "200")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.container", description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="of each kind, in turn; %(default)s")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a floor is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
