"""compose.yaml, by podman-compose from Debian: the service and Prometheus, as they start there."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks.containers.engine import BASE, CHECKOUT, Container, podman
from benchmarks.load import free_port
from tests.container.conftest import queried

pytestmark = pytest.mark.slow

MANIFESTS = CHECKOUT / "deploy" / "kubernetes" / "retraining"
# Debian's Prometheus stands in for the image of its makers, which a registry would have to give.
PROMETHEUS = {
    "image": BASE,
    "entrypoint": ["/usr/bin/prometheus"],
    "command": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    "volumes": ["/usr/bin/prometheus:/usr/bin/prometheus:ro"],
}


@pytest.fixture
def project() -> str:
    return f"sentiment{uuid.uuid4().hex[:8]}"


@pytest.fixture
def ports() -> dict[str, int]:
    return {"SENTIMENT_PORT": free_port(), "PROMETHEUS_PORT": free_port()}


@pytest.fixture
def compose(
    image: str, project: str, ports: dict[str, int], tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """Run podman-compose on compose.yaml, with the images that the tests built."""
    services = {
        "sentiment": {"image": image},
        "prometheus": PROMETHEUS,
    }
    given = tmp_path / "images.yaml"
    given.write_text(yaml.safe_dump({"services": services}))
    environ = {**os.environ, **{name: str(port) for name, port in ports.items()}}

    def run(*arguments: str) -> None:
        command = ["podman-compose", "-f", "compose.yaml", "-f", given, "-p", project, *arguments]
        found = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr

    try:
        yield run
    finally:
        run("down", "--volumes")
        podman("network", "rm", "--force", f"{project}_default")


def test_prometheus_finds_the_service_by_its_name(
    compose: Callable[..., None], project: str, ports: dict[str, int]
) -> None:
    compose("up", "--detach", "--no-build", "sentiment", "prometheus")
    service = Container(f"{project}_sentiment_1", f"127.0.0.1:{ports['SENTIMENT_PORT']}")
    service.wait_until_ready()
    assert service.predict("The food was great.")[0] == 200
    query = 'up{job="sentiment", instance="sentiment:8000"}'
    assert queried(ports["PROMETHEUS_PORT"], query) == 1


def test_its_retraining_is_that_of_the_job() -> None:
    """Debian's podman-compose gives a one-off a second network; the Job is run in its place."""
    services = yaml.safe_load((CHECKOUT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    job = yaml.safe_load((MANIFESTS / "job.yaml").read_text(encoding="utf-8"))
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert services["retraining"]["profiles"] == ["retraining"]
    assert services["retraining"]["command"] == container["args"]
    mounted = [
        volume.removesuffix(":ro").rpartition(":")[2]
        for volume in services["retraining"]["volumes"]
    ]
    mounted += services["retraining"]["tmpfs"]
    assert mounted == [volume["mountPath"] for volume in container["volumeMounts"]]
