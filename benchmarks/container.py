"""The image and its replicas: size, start, memory, requests a core, and those lost in a change."""

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import startup
from benchmarks.arguments import positive
from benchmarks.containers import clients, engine, rolling
from benchmarks.containers.engine import CONFINED, Container, podman
from benchmarks.load import TICKS, free_port, press
from benchmarks.report import Floor, table
from sentiment.errors import SentimentError

LOAD_SECONDS = 8


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


def measure(image: str, network: str, rounds: int) -> list[Floor]:
    """Measure and print one thing after the other; return what is wanted of them."""
    megabytes = (engine.inspect(image)["Size"] - engine.inspect(engine.BASE)["Size"]) / 1e6
    floors = [Floor("image beyond its base, MB", megabytes, 350, at_most=True)]

    starts = {"bare process": [], "container": [], "before that, the engine": []}
    for _ in range(rounds):
        starts["bare process"].append(startup.start(Path("models/default"), workers=2)[0])
        engine_seconds, seconds = _start(image)
        starts["container"].append(seconds)
        starts["before that, the engine"].append(engine_seconds)
    header = ["seconds until ready, two workers", "min", "median", "max"]
    print(table(header, [_row(name, seconds) for name, seconds in starts.items()]), end="\n\n")
    ratio = statistics.median(starts["container"]) / statistics.median(starts["bare process"])
    floors.append(Floor("start, in those of the bare process", ratio, 1.5, at_most=True))

    memory, requests = _memory_and_requests(image, network)
    print(f"requests that a core answers in a second of its time: {requests:,.0f}", end="\n\n")
    floors.append(Floor("memory of two workers at rest, MB", memory / 1e6, 250, at_most=True))

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
    *kept, control = losses.items()
    for name, found in kept:
        floors.append(Floor(f"answered: {name}", found["200"], 100))
        floors.append(Floor(f"lost: {name}", found.total() - found["200"], 0, at_most=True))
    name, found = control  # where nothing is lost here, a loss would not be seen above either
    floors.append(Floor(f"lost: {name}", found.total() - found["200"], 1))
    print(*(f"- {floor}" for floor in floors), sep="\n")
    return floors


def _start(image: str) -> tuple[float, float]:
    """Start a container that is made already, on the machine's own network.

    Returns:
        Seconds from `podman start` to the first process of the container, the engine's; and from
        there to the first ready answer.
    """
    name, port = f"sentiment-{uuid.uuid4().hex[:8]}", free_port()
    variables = {"AUTH": "off", "WORKERS": "2", "PORT": port}
    given = [f"--env=SENTIMENT_{key}={value}" for key, value in variables.items()]
    podman("create", f"--name={name}", "--network=host", *CONFINED, *given, image)
    try:
        asked = time.clock_gettime(time.CLOCK_BOOTTIME)
        podman("start", name)
        Container(name, f"127.0.0.1:{port}").wait_until_ready()
        ready = time.clock_gettime(time.CLOCK_BOOTTIME)
        began = _began(int(podman("inspect", "--format={{.State.Pid}}", name)))
        return began - asked, ready - began
    finally:
        podman("rm", "--force", "--time=0", name)


def _began(pid: int) -> float:
    """When a process began, in seconds since the machine's start, as in proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / TICKS


def _memory_and_requests(image: str, network: str) -> tuple[int, float]:
    """Of one container: bytes after a few predictions and some seconds of rest; requests a core."""
    with engine.container(image, network) as container:
        container.wait_until_ready()
        for _ in range(50):
            container.predict("The food was great, but the service was slow.")
        time.sleep(5)
        memory = container.memory_bytes()
        loaded = press(
            _Predictions(container),
            clients.BODY,
            seconds=LOAD_SECONDS,
            connections=8,
            cores=os.sched_getaffinity(0),
        )
        return memory, 1e3 / loaded.processor_ms


@dataclass(frozen=True)
class _Predictions:
    """A container as a server to load."""

    container: Container

    @property
    def address(self) -> str:
        return f"http://{self.container.address}/v1/predict"

    def processor_seconds(self) -> float:
        return self.container.processor_seconds()


def _row(name: str, seconds: Sequence[float]) -> list[str]:
    figures = (min(seconds), statistics.median(seconds), max(seconds))
    return [name, *(f"{figure:.2f}" for figure in figures)]


def _others(outcomes: rolling.Outcomes) -> str:
    return ", ".join(f"{name} {count}" for name, count in outcomes.items() if name != "200")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.container", description=__doc__)
    parser.add_argument(
        "--starts", type=positive, default=5, help="of each kind, in turn; %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 where a floor is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
