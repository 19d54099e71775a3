"""`python -m benchmarks.soak`: the service under load while its model and its workers change.

Clients send sentences whose answers are known for two versions of a model, and check each answer
against the version that it names. Meanwhile `CURRENT` is switched back and forth, one worker is
killed, and gunicorn is told to reload.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import orjson

from benchmarks.arguments import positive
from benchmarks.load import Server, children, resident_bytes, running, service
from benchmarks.report import table
from sentiment import bundle as bundles
from sentiment.bundle import Bundle, Golden
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from sentiment.prediction import Prediction

TOLERANCE = 1e-5  # answers are rounded to six decimals
# Long enough for every client to notice that a worker is gone.
KILL_SECONDS = 5
SAMPLE_SECONDS = 0.5
# A worker's memory while it starts and meets its first requests says nothing; nor do few samples.
WARM_UP_SAMPLES = 30
FEWEST_SAMPLES = 40
GROWTH = 1.05

# When it happens, as a part of all requests.
KILL_AT, RELOAD_AT = 0.3, 0.6

SUBJECTS = ("food", "service", "room", "film", "book", "phone", "staff", "music")
VERDICTS = (
    "was great, and I would come back.",
    "was awful, from start to end.",
    "was neither good nor bad.",
    "could not have been better!",
    "wasn't what I had hoped for...",
    "is there on Mondays.",
)
TEXTS = [f"The {subject} {verdict}" for subject in SUBJECTS for verdict in VERDICTS]

Answers = dict[str, list[dict[str, float]]]  # version -> the probabilities of each text


@dataclass
class Report:
    """What the clients saw, and what became of the workers' memory."""

    answered: Counter[str] = field(default_factory=Counter)  # by version
    wrong: list[str] = field(default_factory=list)
    lost_to_kill: int = 0
    lost: list[str] = field(default_factory=list)
    memory: dict[int, list[int]] = field(default_factory=dict)  # bytes of each worker, in time
    killed_at: float = float("inf")
    counted: float = 0  # answers, says /metrics
    seconds: float = 0

    @property
    def sent(self) -> int:
        """Requests so far, however they ended."""
        return sum(self.answered.values()) + len(self.wrong) + self.lost_to_kill + len(self.lost)

    def lose(self, reason: str) -> None:
        """Note a request without an answer; those of a killed worker are expected."""
        if 0 <= time.monotonic() - self.killed_at <= KILL_SECONDS:
            self.lost_to_kill += 1
        else:
            self.lost.append(reason)

    def growth(self) -> dict[int, float]:
        """The middle of the second half of each worker's life, in that of the first.

        Not the peaks: those are the moments in which a worker holds two versions, and a sample
        meets them by chance.
        """
        lives = {pid: samples[WARM_UP_SAMPLES:] for pid, samples in self.memory.items()}
        return {
            pid: median(life[len(life) // 2 :]) / median(life[: len(life) // 2])
            for pid, life in lives.items()
            if len(life) >= FEWEST_SAMPLES
        }

    def failures(self, *, connections: int) -> list[str]:
        """What must not have happened."""
        answered = sum(self.answered.values())
        found = [f"wrong: {text}" for text in self.wrong[:5]]
        found += [f"lost: {reason}" for reason in self.lost[:5]]
        if len(self.answered) != 2:
            found.append(f"only {list(self.answered)} answered")
        if self.lost_to_kill > connections:
            found.append(f"{self.lost_to_kill} requests lost to one worker")
        if not answered <= self.counted <= answered + self.lost_to_kill + len(self.lost):
            found.append(f"/metrics counted {self.counted:.0f} answers of {answered}")
        found += [
            f"worker {pid} grew by {growth - 1:.1%}"
            for pid, growth in self.growth().items()
            if growth > GROWTH
        ]
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; return the exit status (1 for a failure, 2 for what can be mended)."""
    options = _parser().parse_args(arguments)
    try:
        report = soak(
            bundles.load(bundles.current(options.model)),
            requests=options.requests,
            connections=options.connections,
            switches=options.switches,
            workers=options.workers,
        )
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(render(report))
    failures = report.failures(connections=options.connections)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def soak(model: Bundle, *, requests: int, connections: int, switches: int, workers: int) -> Report:
    """Serve two versions of a model from a folder of their own, and press."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "default"
        answers = _make_versions(model, directory)
        command = service(
            directory,
            workers=workers,
            reload_seconds=0.1,
            max_concurrent_requests=connections + 1,
        )
        with running(command, os.sched_getaffinity(0)) as server:
            soaking = Soak(server, command.port, directory, answers, requests, switches)
            return asyncio.run(soaking.run(connections))


class Soak:
    """One run: clients, and what is done to the service meanwhile."""

    def __init__(
        self,
        server: Server,
        port: int,
        directory: Path,
        answers: Answers,
        requests: int,
        switches: int,
    ) -> None:
        self._server = server
        self._port = port
        self._directory = directory
        self._answers = answers
        self._requests = requests
        self._switches = switches
        self._begun = 0  # requests
        self._report = Report()

    async def run(self, connections: int) -> Report:
        """Send all requests; return when the last is answered or lost."""
        started = time.monotonic()
        watching = asyncio.create_task(self._watch_memory())
        disturbing = asyncio.create_task(self._disturb())
        await asyncio.gather(*(self._client() for _ in range(connections)))
        watching.cancel()
        await disturbing
        self._report.seconds = time.monotonic() - started
        self._report.counted = self._count_answers()
        return self._report

    async def _client(self) -> None:
        """Send requests over one connection, and over a new one where that is closed."""
        streams = None
        while self._begun < self._requests:
            number = self._begun % len(TEXTS)
            self._begun += 1
            try:
                streams = streams or await asyncio.open_connection("127.0.0.1", self._port)
                kept = await self._ask(number, *streams)
            except (OSError, asyncio.IncompleteReadError) as error:
                self._report.lose(f"{type(error).__name__}: {error}")
                kept = False
            except (LookupError, ValueError) as error:  # no answer of this service's kind
                self._report.wrong.append(f"{type(error).__name__}: {error}")
                kept = False
            if not kept and streams:
                streams[1].close()
                streams = None
        if streams:
            streams[1].close()

    async def _ask(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send one request and check its answer; return whether the connection is kept."""
        body = orjson.dumps({"text": TEXTS[number]})
        writer.write(
            b"POST /v1/predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        content = await reader.readexactly(int(headers["content-length"]))
        self._check(number, int(head[0].split()[1]), headers, content)
        return headers["connection"] == "keep-alive"

    def _check(self, number: int, status: int, headers: dict[str, str], content: bytes) -> None:
        version = headers.get("x-model-version", "none")
        answer = orjson.loads(content)
        if status != 200 or answer["model"]["version"] != version:
            self._report.wrong.append(f"{status} by version {version}: {content!r:.300}")
            return
        expected = self._answers[version][number]
        received = answer["documents"][0]["probabilities"]
        if any(abs(received[label] - p) > TOLERANCE for label, p in expected.items()):
            self._report.wrong.append(f"{received} by version {version}, and not {expected}")
            return
        self._report.answered[version] += 1

    async def _disturb(self) -> None:
        """Switch versions, kill a worker and reload gunicorn, each at its time."""
        versions = sorted(self._answers)
        events = [
            ((i + 1) / (self._switches + 1), versions[(i + 1) % 2]) for i in range(self._switches)
        ]
        for part, event in sorted([*events, (KILL_AT, "kill"), (RELOAD_AT, "reload")]):
            while self._report.sent < part * self._requests:
                await asyncio.sleep(0.01)
            if event == "kill":
                self._report.killed_at = time.monotonic()
                os.kill(children(self._server.process.pid)[0], signal.SIGKILL)
            elif event == "reload":
                self._report.killed_at = float("-inf")  # who loses a request now is not excused
                self._server.process.send_signal(signal.SIGHUP)
            else:
                bundles.activate(self._directory, event)

    async def _watch_memory(self) -> None:
        while True:
            for pid in children(self._server.process.pid):
                if memory := resident_bytes(pid):
                    self._report.memory.setdefault(pid, []).append(memory)
            await asyncio.sleep(SAMPLE_SECONDS)

    def _count_answers(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/metrics") as response:
            for line in response.read().decode().splitlines():
                if line.startswith('sentiment_requests_total{route="/v1/predict",status="200"}'):
                    return float(line.split()[-1])
        return 0


def render(report: Report) -> str:
    """Render the report, in Markdown."""
    rows = [
        [str(pid), f"{max(report.memory[pid]) / 1e6:.1f}", f"{growth - 1:+.1%}"]
        for pid, growth in report.growth().items()
    ]
    by_version = ", ".join(f"{n:,} by version {v}" for v, n in sorted(report.answered.items()))
    return "\n".join(
        [
            f"{report.sent:,} requests in {report.seconds:.0f} s: {by_version};"
            f" {len(report.wrong)} wrong, {report.lost_to_kill} lost with the killed worker,"
            f" {len(report.lost)} lost otherwise.",
            "",
            table(["worker", "peak memory, MB", "second half of its life against the first"], rows),
        ]
    )


def _make_versions(model: Bundle, directory: Path) -> Answers:
    """Save the model as version 1, and one that is half as sure as version 2; 1 is current."""
    temperature = 2 * model.manifest.temperature
    unsure = replace(
        model, manifest=model.manifest.model_copy(update={"temperature": temperature}), golden=[]
    )
    classifier = Classifier(unsure, name="default", version="2")
    golden = [
        Golden(
            text=known.text,
            ids=known.ids,
            probabilities=classifier.answers(known.ids).mean(axis=0).tolist(),
        )
        for known in model.golden
    ]
    answers: Answers = {}
    for bundle in (model, replace(unsure, golden=golden)):
        saved = bundles.save(bundle, directory, verify=Classifier.load)
        outcomes = Classifier.load(saved).predict(TEXTS)
        answers[saved.name] = [o.probabilities for o in outcomes if isinstance(o, Prediction)]
    bundles.activate(directory, min(answers))
    return answers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--requests", type=positive, default=200_000, help="%(default)s")
    parser.add_argument("--connections", type=positive, default=64, help="%(default)s")
    parser.add_argument("--switches", type=int, default=20, help="of CURRENT; %(default)s")
    parser.add_argument("--workers", type=positive, default=2, help="%(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
