"""The image as it comes: what is in it, what is not, and how it runs with nothing granted."""

import json

import pytest

from benchmarks.containers import engine
from benchmarks.containers.engine import EngineError, podman
from service import __version__
from tests.container.conftest import Run

pytestmark = pytest.mark.slow

MOST_BYTES = 350 * 10**6


def inside(image: str, *command: str) -> str:
    """What a command prints in a container that has nothing."""
    return podman("run", "--rm", "--network=none", "--read-only", image, *command)


def test_it_is_small(image: str) -> None:
    assert engine.inspect(image)["Size"] - engine.inspect(engine.BASE)["Size"] <= MOST_BYTES


def test_what_it_says_of_itself(image: str) -> None:
    config = engine.inspect(image)["Config"]
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Labels"]["org.opencontainers.image.version"] == __version__
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert engine.inspect(image)["Healthcheck"]["Test"][:2] == ["CMD", "python"]


def test_it_holds_what_serving_needs_and_no_more(image: str) -> None:
    program = """
import importlib.util, json, shutil
found = [name for name in ("flask", "onnxruntime", "tensorflow", "keras", "pip", "training")
         if importlib.util.find_spec(name)]
print(json.dumps([found, [name for name in ("gcc", "cc", "curl") if shutil.which(name)]]))
"""
    assert json.loads(inside(image, "python", "-c", program)) == [["flask", "onnxruntime"], []]


def test_the_user_owns_nothing_of_it_but_the_place_for_models(image: str) -> None:
    find = ["find", "/", "-xdev", "-user", "10001"]
    owned = podman("run", "--rm", "--network=none", "--user=0", image, *find)
    assert owned.split() == ["/models"]


def test_all_bytecode_is_there(image: str) -> None:
    program = """
import pathlib
print(*[path for root in ("/app", "/opt/venv") for path in pathlib.Path(root).rglob("*.py")
        if not list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))])
"""
    assert inside(image, "python", "-c", program).split() == []


def test_without_keys_it_starts_only_when_told_so_aloud(image: str) -> None:
    with pytest.raises(EngineError, match="SENTIMENT_API_KEYS; or set SENTIMENT_AUTH=off"):
        inside(image)


def test_it_predicts_confined_and_is_healthy(run: Run) -> None:
    with run(options=["--memory=320m"]) as container:
        container.wait_until_ready()
        status, answer = container.predict("The food was great, we loved it.")
        assert (status, answer["documents"][0]["label"]) == (200, "positive")
        assert podman("healthcheck", "run", container.name) == ""
        podman("exec", container.name, "sh", "-c", 'touch "$SENTIMENT_DRAIN_FILE"')
        status, answer = container.get("/readyz")
        assert (status, answer["status"]) == (503, "draining")
        with pytest.raises(EngineError, match="healthcheck"):
            podman("healthcheck", "run", container.name)
        assert container.predict("It still answers.")[0] == 200
        assert container.stop() == 0


def test_it_needs_no_network(image: str) -> None:
    program = """
import http.client, time
until = time.monotonic() + 60
while time.monotonic() < until:
    try:
        one = http.client.HTTPConnection("localhost", 8000, timeout=30)
        body = '{"text": "The food was great, we loved it."}'
        one.request("POST", "/v1/predict", body, {"Content-Type": "application/json"})
        print(one.getresponse().read().decode())
        break
    except OSError:
        time.sleep(0.1)
"""
    with engine.container(image, "none") as container:
        answer = json.loads(podman("exec", container.name, "python", "-c", program))
    assert answer["documents"][0]["label"] == "positive"


def test_with_a_key_that_the_image_itself_makes(run: Run, image: str) -> None:
    lines = inside(image, "python", "-m", "service", "key").splitlines()
    key, hashed = (line.split()[-1] for line in lines)
    with run(environ={"SENTIMENT_AUTH": "auto", "SENTIMENT_API_KEYS": hashed}) as container:
        container.wait_until_ready()
        assert container.predict("fine")[0] == 401
        address = f"http://{container.address}/v1/predict"
        assert engine.ask(address, {"text": "fine"}, {"X-API-Key": key})[0] == 200


@pytest.mark.parametrize(("cpus", "workers"), [("1", 1), ("1.5", 2)])
def test_the_workers_follow_the_cpu_limit(image: str, cpus: str, workers: int) -> None:
    program = "from service.settings import Settings; print(Settings().workers)"
    options = ["--rm", "--network=none", f"--cpus={cpus}"]
    limited = podman("run", *options, image, "python", "-c", program)
    assert int(limited) == workers
