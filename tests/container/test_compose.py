"""compose.yaml, by podman-compose from Debian: the service as it is started there."""

import os
import subprocess
import uuid

import pytest

from benchmarks.containers.engine import CHECKOUT, Container, podman
from benchmarks.load import free_port

pytestmark = pytest.mark.slow


def test_the_service_comes_up(image: str) -> None:
    podman("tag", image, "localhost/sentiment")
    port = free_port()
    project = f"sentiment{uuid.uuid4().hex[:8]}"
    environ = {**os.environ, "SENTIMENT_PORT": str(port)}

    def compose(*arguments: str) -> None:
        command = ["podman-compose", "--project-name", project, *arguments]
        run = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr

    try:
        compose("up", "--detach", "--no-build", "sentiment")
        service = Container(f"{project}_sentiment_1", f"127.0.0.1:{port}")
        service.wait_until_ready()
        assert service.predict("The food was great.")[0] == 200
    finally:
        compose("down", "--volumes")
        podman("network", "rm", "--force", f"{project}_default")
