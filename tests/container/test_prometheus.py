"""Prometheus, from Debian: its rules are checked, tested, and it scrapes a running service."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from benchmarks.containers.engine import CHECKOUT, Container, ask
from benchmarks.load import free_port
from tests.container.conftest import queried

pytestmark = pytest.mark.slow

FOLDER = CHECKOUT / "deploy" / "prometheus"


@pytest.mark.parametrize(
    "command",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_finds_no_fault(tools: None, command: list[str]) -> None:
    run = subprocess.run(["promtool", *command], cwd=FOLDER, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_rule_is_tested() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    names = [rule["alert"] for rule in rules]
    for test in tests:
        assert [one["alertname"] for one in test["alert_rule_test"]] == names


def test_it_scrapes_the_service(tools: None, service: Container, tmp_path: Path) -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"]["scrape_interval"] = "1s"
    config["rule_files"] = [str(FOLDER / "alerts.yml")]
    [job] = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["sentiment:8000"]}]
    job["static_configs"] = [{"targets": [service.address]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        env={**os.environ, "NO_PROXY": "*"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert service.predict("The food was great.")[0] == 200
        query = 'sentiment_documents_total{job="sentiment"}'
        assert queried(port, query) >= 1
        assert queried(port, 'up{job="sentiment"}') == 1
        status, answer = ask(f"http://127.0.0.1:{port}/api/v1/alerts")
        assert (status, answer["data"]["alerts"]) == (200, [])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
