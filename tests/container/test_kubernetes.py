"""The manifests: valid by Kubernetes' own schemas, true to the service, and run by podman."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from benchmarks.containers.engine import CHECKOUT, Container, podman
from service.settings import Settings
from tests.container.conftest import wait_for_version

FOLDER = CHECKOUT / "deploy" / "kubernetes"
KUBERNETES = "1.30"
VOLUMES = ("sentiment-models", "sentiment-rows", "scratch")


def manifests(folder: Path) -> dict[str, Any]:
    """What a kustomization applies, by kind."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = [yaml.safe_load((folder / name).read_text()) for name in kustomization["resources"]]
    return {one["kind"]: one for one in found}


ALL = {**manifests(FOLDER), **manifests(FOLDER / "retraining")}


def pod(kind: str) -> dict[str, Any]:
    return dict(ALL[kind]["spec"]["template"]["spec"])


def test_the_kustomizations_name_every_file() -> None:
    files = {path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml"}
    assert len(files) == len(ALL) == 7


@pytest.mark.parametrize("kind", ALL)
def test_a_manifest_is_valid(kind: str) -> None:
    kubernetes_validate.validate(ALL[kind], KUBERNETES, strict=True)


def test_a_wrong_manifest_would_be_found() -> None:
    wrong = {**ALL["Service"], "spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_the_settings_are_the_service_s() -> None:
    [container] = pod("Deployment")["containers"]
    variables = {**ALL["ConfigMap"]["data"], "SENTIMENT_AUTH": "off"}
    settings = Settings.from_environment(variables)
    hook = int(container["lifecycle"]["preStop"]["exec"]["command"][-1].split()[-1])
    grace = pod("Deployment")["terminationGracePeriodSeconds"]
    assert grace > hook + settings.graceful_seconds
    assert pod("Deployment")["enableServiceLinks"] is False
    probe = container["readinessProbe"]
    assert hook > 2 * probe["periodSeconds"] * probe["failureThreshold"]


def test_what_refers_to_another_manifest_finds_it() -> None:
    labels = ALL["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for kind in ("Service", "PodDisruptionBudget", "Deployment"):
        selector = ALL[kind]["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels
    assert ALL["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "sentiment"
    claim = ALL["PersistentVolumeClaim"]["metadata"]["name"]
    for kind in ("Deployment", "Job"):
        models = next(one for one in pod(kind)["volumes"] if one["name"] == "models")
        assert models["persistentVolumeClaim"]["claimName"] == claim


def playable(kind: str, image: str, name: str, *beside: dict[str, Any]) -> str:
    """The pod of a Deployment or a Job, what goes with it, and volumes with names of their own.

    Debian's podman asks by curl where a probe asks by HTTP: the probes are left out.
    """
    spec = pod(kind)
    [container] = spec["containers"]
    secret = [{"name": "SENTIMENT_AUTH", "value": "off"}] if "env" in container else []
    left = {key: value for key, value in container.items() if not key.endswith("Probe")}
    spec["containers"] = [{**left, "image": image, "env": secret}]
    play = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-{kind.lower()}"}}
    text = yaml.safe_dump_all([*beside, {**play, "spec": spec}])
    for volume in VOLUMES:
        text = re.sub(rf"\b(name|claimName): {volume}$", rf"\1: {name}-{volume}", text, flags=re.M)
    return text


@pytest.mark.slow
def test_podman_runs_the_pods(
    image: str, training_image: str, network: str, rows: Path, tmp_path: Path
) -> None:
    """The Deployment's pod serves what comes with it, then what the Job's pod made."""
    name = f"{network}-pod"
    taught = {"train.csv": (rows / "train.csv").read_text(encoding="utf-8")}
    of_rows = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sentiment-rows"}}
    served, job = tmp_path / "pod.yaml", tmp_path / "job.yaml"
    beside = (ALL["PersistentVolumeClaim"], ALL["ConfigMap"])
    served.write_text(playable("Deployment", image, name, *beside))
    job.write_text(playable("Job", training_image, name, {**of_rows, "data": taught}))
    try:
        podman("kube", "play", f"--network={network}", str(served))
        path = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        infra = podman("pod", "inspect", "--format={{.InfraContainerID}}", f"{name}-deployment")
        host = podman("inspect", f"--format={path}", infra.strip()).strip()
        running = Container(f"{name}-deployment-sentiment", f"{host}:8000")
        running.wait_until_ready()
        assert running.predict("The food was great.")[0] == 200
        assert podman("exec", running.name, "id", "--user").strip() == "10001"

        podman("kube", "play", "--network=none", str(job))
        retraining = f"{name}-job-retraining"
        assert podman("wait", retraining).strip() == "0", podman("logs", retraining)
        wait_for_version(running, "1")

        running.pre_stop()
        assert running.get("/readyz")[1]["status"] == "draining"
    finally:
        for kind in ("deployment", "job"):
            podman("pod", "rm", "--force", "--ignore", f"{name}-{kind}")
        podman("volume", "rm", "--force", *(f"{name}-{volume}" for volume in VOLUMES))
