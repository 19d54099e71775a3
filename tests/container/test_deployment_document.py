"""The commands of docs/deployment.md, run as they stand there, in a folder of their own."""

import re
import shlex
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from benchmarks.containers import engine
from benchmarks.containers.engine import CHECKOUT, Container, podman
from benchmarks.load import free_port
from sentiment import bundle as bundles
from tests.container.conftest import copy_version

pytestmark = pytest.mark.slow

TEXT = (CHECKOUT / "docs" / "deployment.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.replace("\\\n", "").splitlines()]

Shell = Callable[..., str]


def commands(beginning: str) -> list[list[str]]:
    """The words of every documented command that begins so."""
    found = [shlex.split(line) for line in COMMANDS if line.startswith(beginning)]
    assert found, beginning
    return found


@pytest.fixture
def shell(image: str, tmp_path: Path) -> Shell:
    """Run the words of a command in a folder, with the image that the tests built."""

    def run(words: list[str], *more: str) -> str:
        command = [image if word == "sentiment" else word for word in words]
        command[2:2] = more
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert found.returncode == 0, (command, found.stderr)
        return found.stdout

    return run


def test_the_service_is_run_and_its_port_published(shell: Shell, network: str) -> None:
    [words] = commands("podman run --rm --read-only -p")
    port, name = free_port(), f"{network}-documented"
    words = [word.replace("127.0.0.1:8000:", f"127.0.0.1:{port}:") for word in words]
    shell(words, "--detach", f"--name={name}")
    try:
        service = Container(name, f"127.0.0.1:{port}")
        service.wait_until_ready()
        assert service.predict("The food was great.")[0] == 200
    finally:
        podman("rm", "--force", "--time=0", name)


def test_a_version_is_activated_and_rolled_back(shell: Shell, models: Path) -> None:
    for version in ("3", "4"):
        copy_version(models, version)
    bundles.activate(models / "default", "3")
    [activate] = commands("podman run --rm -v ./models:/models sentiment python -m service act")
    [roll_back] = commands("podman run --rm -v ./models:/models sentiment python -m service roll")
    activate[activate.index("VERSION")] = "4"
    assert shell(activate) == "default: version 4 is active\n"
    assert bundles.current(models / "default").name == "4"
    assert shell(roll_back) == "default: version 3 is active\n"
    assert bundles.current(models / "default").name == "3"


def test_the_retraining_is_that_of_the_job() -> None:
    [words] = commands("podman run --rm --network none")
    job = CHECKOUT / "deploy" / "kubernetes" / "retraining" / "job.yaml"
    spec = yaml.safe_load(job.read_text(encoding="utf-8"))["spec"]["template"]["spec"]
    assert words[words.index("sentiment-training") + 1 :] == spec["containers"][0]["args"]


def test_both_images_are_carried(shell: Shell, image: str) -> None:
    """Instead of the image for training goes its base, which is in the other one already."""
    [save], [load] = commands("podman save"), commands("podman load")
    assert save[-2:] == ["sentiment", "sentiment-training"]
    shell([*save[:-1], engine.BASE])
    before = engine.inspect(image)
    podman("untag", image)
    try:
        loaded = shell(load)
        assert image in loaded and engine.BASE in loaded
        after = engine.inspect(image)
    finally:
        podman("tag", before["Id"], image)
    assert after["Id"] == before["Id"]
    assert after["Healthcheck"] == before["Healthcheck"]


def test_nginx_ends_tls(service: Container, tmp_path: Path) -> None:
    """Its temporary files lie where Debian has them."""
    [block] = [block for block in BLOCKS if block.startswith("upstream ")]
    port = free_port()
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-days", "2", "-keyout", key, "-out", chain],
        check=True,
        capture_output=True,
    )
    for documented, here in {
        "10.0.0.1:8000": service.address,
        "10.0.0.2:8000": service.address,
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/nginx/tls/chain.pem": str(chain),
        "/etc/nginx/tls/key.pem": str(key),
    }.items():
        assert documented in block
        block = block.replace(documented, here)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {tmp_path}/pid; events {{}} http {{ access_log off; {block} }}"
    )
    nginx = ["/usr/sbin/nginx", "-c", configuration, "-p", tmp_path, "-e", tmp_path / "errors"]
    process = subprocess.Popen(nginx)
    try:
        trusted = ssl.create_default_context(cafile=str(chain))
        request = urllib.request.Request(
            f"https://localhost:{port}/v1/predict",
            data=b'{"text": "The food was great."}',
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        assert _first_answer(opener, request) == 200
    finally:
        process.terminate()
        process.wait()


def _first_answer(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> int:
    until = time.monotonic() + 10
    while True:
        try:
            with opener.open(request, timeout=30) as response:
                return int(response.status)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
