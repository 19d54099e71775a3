"""The manifests: valid by Kubernetes' own schemas, true to the service, and run by podman."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from benchmarks.containers.engine import CHECKOUT, Container, podman
from service.settings import Settings

FOLDER = CHECKOUT / "deploy" / "kubernetes"
KUBERNETES = "1.30"


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


@pytest.mark.slow
def test_podman_runs_the_pod(image: str, network: str, tmp_path: Path) -> None:
    """Debian's podman asks by curl where a probe asks by HTTP: the probes are left out."""
    spec = pod("Deployment")
    [container] = spec["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        del container[probe]
    container["image"] = image
    container["env"] = [{"name": "SENTIMENT_AUTH", "value": "off"}]
    name = f"{network}-pod"
    spec["volumes"] = [{"name": "models", "hostPath": {"path": str(tmp_path), "type": "Directory"}}]
    tmp_path.chmod(0o755)
    play = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    file = tmp_path / "pod.yaml"
    file.write_text(yaml.safe_dump_all([ALL["ConfigMap"], play]))
    podman("kube", "play", f"--network={network}", str(file))
    try:
        path = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        infra = podman("pod", "inspect", "--format={{.InfraContainerID}}", name).strip()
        host = podman("inspect", f"--format={path}", infra).strip()
        running = Container(f"{name}-sentiment", f"{host}:8000")
        running.wait_until_ready()
        assert running.predict("The food was great.")[0] == 200
        user = podman("exec", running.name, "id", "--user").strip()
        assert user == "10001"
        running.pre_stop()
        assert running.get("/readyz")[1]["status"] == "draining"
    finally:
        podman("kube", "down", str(file))
