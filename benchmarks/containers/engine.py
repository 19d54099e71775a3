"""Images built by buildah, and containers run by podman as a cluster would run them."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sentiment.errors import SentimentError

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = Path(__file__).with_name("tools.sh")
BASE = "docker.io/library/python:3.11-slim-bookworm"
DEPLOYMENT = CHECKOUT / "deploy" / "kubernetes" / "deployment.yaml"
CANNOT = 3  # the exit status of TOOLS where it cannot be helped
START_SECONDS = 120
PORT = 8000
# What deploy/kubernetes/ asks for: no right, no file to write, no way out.
CONFINED = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--memory=768m")
# Control groups of version 2, or else 1.
READ_MEMORY = (
    "cd /sys/fs/cgroup; cat memory.current memory.stat 2>/dev/null"
    " || cat memory/memory.usage_in_bytes memory/memory.stat"
)
READ_PROCESSOR = (
    "cd /sys/fs/cgroup; grep usage_usec cpu.stat 2>/dev/null || cat cpuacct/cpuacct.usage"
)


class EngineError(SentimentError):
    """buildah, podman or a tool beside them failed; the message is its own."""

    code = "engine_failed"


class ToolsMissing(EngineError):
    """Containers cannot be built or run on this machine; the message says why."""

    code = "tools_missing"


def prepare() -> None:
    """Have the tools and the base image ready.

    Raises:
        ToolsMissing: this machine cannot have them.
        EngineError: it can, and something went wrong.
    """
    run = subprocess.run([TOOLS], capture_output=True, text=True)
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
        failure = ToolsMissing if run.returncode == CANNOT else EngineError
        raise failure(f"{TOOLS.relative_to(CHECKOUT)}: {last}")


def build(target: str) -> str:
    """Build a target of the Dockerfile, from the layers that are there; return the image's name."""
    image = f"localhost/sentiment-test-{target}"
    command = ["buildah", "build", "--format=docker", "--layers", "--isolation=chroot"]
    _run(*command, "--network=host", f"--target={target}", f"--tag={image}", str(CHECKOUT))
    return image


def inspect(image: str) -> dict[str, Any]:
    """What podman knows of an image."""
    found: dict[str, Any] = json.loads(podman("image", "inspect", image))[0]
    return found


def podman(*arguments: str) -> str:
    """Run podman; return what it prints.

    Raises:
        EngineError: its exit status is not 0.
    """
    return _run("podman", *arguments)


@contextmanager
def network() -> Iterator[str]:
    """A network of containers that this machine reaches by their addresses."""
    name = f"sentiment-{uuid.uuid4().hex[:8]}"
    podman("network", "create", name)
    try:
        yield name
    finally:
        podman("network", "rm", "--force", name)


@dataclass(frozen=True)
class Container:
    """A running container of the service: its name, and where this machine reaches it."""

    name: str
    address: str  # host:port

    def get(self, path: str, *, timeout: float = 30) -> tuple[int, Any]:
        """Status and JSON of an answer; status 0 while nothing answers."""
        return ask(f"http://{self.address}{path}", timeout=timeout)

    def predict(self, text: str) -> tuple[int, Any]:
        """Status and JSON of a prediction."""
        return ask(f"http://{self.address}/v1/predict", {"text": text})

    def logs(self) -> str:
        """What it wrote so far, both streams."""
        run = subprocess.run(
            ["podman", "logs", self.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return run.stdout.decode("utf-8", "replace")

    def wait_until_ready(self) -> None:
        """Return once `/readyz` answers 200.

        Raises:
            EngineError: it does not.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.get("/readyz")[0] == 200:
                return
            time.sleep(0.01)
        raise EngineError(f"{self.name} is not ready after {START_SECONDS} s:\n{self.logs()}")

    def pre_stop(self) -> None:
        """Run the hook that Kubernetes runs before SIGTERM."""
        podman("exec", self.name, *pre_stop_command())

    def stop(self) -> int:
        """Send SIGTERM, wait for the end, and return the exit status."""
        podman("stop", "--time=40", self.name)
        return int(podman("inspect", "--format={{.State.ExitCode}}", self.name))

    def memory_bytes(self) -> int:
        """Its working set: what Kubernetes compares with a limit, all but idle cached files."""
        usage, *rest = podman("exec", self.name, "sh", "-c", READ_MEMORY).splitlines()
        figures = dict(line.split() for line in rest)
        idle = figures.get("total_inactive_file") or figures["inactive_file"]  # versions 1 and 2
        return int(usage) - int(idle)

    def processor_seconds(self) -> float:
        """What all its processes took so far."""
        words = podman("exec", self.name, "sh", "-c", READ_PROCESSOR).split()
        return int(words[-1]) / (1e6 if len(words) > 1 else 1e9)  # versions 2 and 1


@contextmanager
def container(
    image: str,
    network: str,
    *,
    environ: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[Container]:
    """Run the service, confined; it is removed afterwards. It need not be ready yet."""
    name = f"sentiment-{uuid.uuid4().hex[:8]}"
    variables = {"SENTIMENT_AUTH": "off", "SENTIMENT_WORKERS": "2", **(environ or {})}
    given = [f"--env={key}={value}" for key, value in variables.items()]
    options = [f"--name={name}", f"--network={network}", *CONFINED, *given, *options]
    podman("run", "--detach", *options, image)
    try:
        path = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        host = podman("inspect", f"--format={path}", name).strip() or "127.0.0.1"
        yield Container(name, f"{host}:{variables.get('SENTIMENT_PORT', PORT)}")
    finally:
        podman("rm", "--force", "--time=0", name)


def pre_stop_command() -> list[str]:
    """The hook of the Deployment."""
    deployment = yaml.safe_load(DEPLOYMENT.read_text(encoding="utf-8"))
    [service] = deployment["spec"]["template"]["spec"]["containers"]
    command: list[str] = service["lifecycle"]["preStop"]["exec"]["command"]
    return command


def ask(
    address: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = 30,
) -> tuple[int, Any]:
    """Status and JSON of an answer to GET, or to POST with a body; status 0 where none came.

    The JSON of an error is None where its body is none.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data=data, headers={"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with suppress(ValueError):  # a service that is starting may say it in plain text
            return error.code, json.load(error)
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def _run(*command: str) -> str:
    environ = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    run = subprocess.run(command, capture_output=True, text=True, env=environ)
    if run.returncode:
        raise EngineError(f"{' '.join(command[:2])}: {run.stderr.strip()[-2000:]}")
    return run.stdout
