"""deploy/kubernetes: valid by the schemas, confined, and of what this project really has."""

from __future__ import annotations

import dataclasses
import importlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.deploy.manifests import (
    OVERLAYS,
    ROOT,
    SERVICES,
    Container,
    built,
    containers,
    of_kind,
    processes,
)

from ihala.config import ConfigError, load
from ihala.settings import WorkerSettings

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CLASSES = {
    "registry": ("RegistryWebSettings", "RegistryWorkerSettings"),
    "referrals": ("WebConfig", "WorkerConfig"),
    "notifications": ("WebSettings", "WorkerSettings"),
}
OF_GUNICORN = {"IHALA_PUBLIC_URL", "PUBLIC_URL"}
EVERY = [
    pytest.param(container, id=f"{overlay}/{container.owner}/{container.spec['name']}")
    for overlay in OVERLAYS
    for container in containers(overlay)
]
PROCESSES = [
    pytest.param(service, kind, container, id=f"{overlay}/{service}-{kind}")
    for overlay in OVERLAYS
    for service, kind, container in processes(overlay)
]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of what deploy/secrets makes."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([str(ROOT / "deploy" / "secrets"), str(folder)], check=True, capture_output=True)
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_document_is_valid_by_the_schema_of_its_kind(overlay: str) -> None:
    """With every field that the schema does not know refused."""
    for document in built(overlay):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("container", EVERY)
def test_every_container_is_confined(container: Container) -> None:
    pod, own = container.pod["securityContext"], container.spec["securityContext"]

    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container.spec["resources"]["limits"]["memory"]
    assert container.spec["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container.pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("container", EVERY)
def test_every_image_is_one_that_compose_runs(container: Container) -> None:
    """And so one that deploy/images or the Dockerfile builds, with the same user number."""
    names = {re.sub(r"\$\{\w+:-(.*)\}", r"\1", image) for image in COMPOSE["x-images"].values()}
    image = container.spec["image"]

    assert image in names | {f"ihala-{service}:latest" for service in SERVICES}
    users = {
        re.sub(r"\$\{\w+:-(.*)\}", r"\1", service["image"]).partition(":")[0]: service["user"]
        for service in COMPOSE["services"].values()
    }
    user = container.pod["securityContext"]["runAsUser"]
    assert users[image.partition(":")[0]].partition(":")[0] == str(user)


@pytest.mark.parametrize("container", EVERY)
def test_every_file_of_a_secret_is_made_and_each_that_is_named_is_given(
    container: Container, secrets: set[str]
) -> None:
    for name, variable in container.environment.items():
        value = variable.get("value", "")
        assert not re.search(r"PASSWORD$|_KEY$|MONGODB_URI$", name), f"{name} must be a file"
        if value.startswith("/run/secrets/"):
            assert value.removeprefix("/run/secrets/") in container.secrets
    assert container.secrets <= secrets


@pytest.mark.parametrize(("service", "kind", "container"), PROCESSES)
def test_every_setting_is_known_and_none_that_is_needed_is_missing(
    service: str, kind: str, container: Container
) -> None:
    module = importlib.import_module(f"ihala_{service}.config")
    settings = getattr(module, CLASSES[service][kind == "worker"])
    known = {field.metadata["name"] for field in dataclasses.fields(settings)}
    given = {name.removesuffix("_FILE") for name in container.environment}

    assert given - known <= OF_GUNICORN
    assert _needed(settings) <= given


@pytest.mark.parametrize(("service", "kind", "container"), PROCESSES)
def test_traces_go_nowhere_until_the_settings_name_an_endpoint(
    service: str, kind: str, container: Container
) -> None:
    """What is set by no file must not keep a pod from starting."""
    variable = container.environment["OTEL_EXPORTER_OTLP_ENDPOINT"]

    assert variable["valueFrom"]["configMapKeyRef"]["optional"] is True
    for overlay in OVERLAYS:
        rules = of_kind(overlay, "NetworkPolicy")["traces"]["spec"]["egress"]
        assert [port["port"] for rule in rules for port in rule["ports"]] == [4318]


def _needed(settings: type[Any]) -> set[str]:
    """The settings without a default: those that a start without any setting complains of."""
    with pytest.raises(ConfigError) as refused:
        load(settings, {})
    return set(re.findall(r"(\w+): is missing", str(refused.value)))


@pytest.mark.parametrize("container", EVERY)
def test_a_variable_is_made_of_those_before_it(container: Container) -> None:
    """Kubernetes leaves $(NAME) as it stands when NAME comes later."""
    before: set[str] = set()
    for name, variable in container.environment.items():
        assert set(re.findall(r"\$\((\w+)\)", variable.get("value", ""))) <= before
        before.add(name)


@pytest.mark.parametrize(("service", "kind", "container"), PROCESSES)
def test_a_pod_goes_once_another_is_ready_and_has_the_time_to_end(
    service: str, kind: str, container: Container
) -> None:
    """Longer than the sleep before the signal and what the process takes at most."""
    sleep = int(container.spec.get("lifecycle", _NO_SLEEP)["preStop"]["exec"]["command"][1])
    takes = _graceful_timeout_s() if kind == "web" else _WORKER_ENDS_WITHIN_S

    assert container.pod["terminationGracePeriodSeconds"] > sleep + takes
    for overlay in OVERLAYS:
        strategy = of_kind(overlay, "Deployment")[container.owner]["spec"]["strategy"]
        assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    paths = [container.spec[f"{probe}Probe"]["httpGet"]["path"] for probe in _PROBES]
    assert paths == ["/healthz", "/healthz", "/readyz"]


_PROBES = ("startup", "liveness", "readiness")
_NO_SLEEP = {"preStop": {"exec": {"command": ["sleep", "0"]}}}
_WORKER_ENDS_WITHIN_S = 17
"""See ``ihala.worker.run_tasks`` and ``ihala.tracing.stop``."""


def _graceful_timeout_s() -> int:
    text = (ROOT / "deploy" / "gunicorn.conf.py").read_text()
    found = re.search(r"^graceful_timeout = (\d+)$", text, re.MULTILINE)
    assert found
    return int(found[1])


def test_the_cluster_has_three_of_what_keeps_data_and_two_of_what_serves() -> None:
    kept = {name: it["spec"]["replicas"] for name, it in of_kind("cluster", "StatefulSet").items()}
    serving = of_kind("cluster", "Deployment").values()
    found = {(it.owner, it.spec["name"]): it for it in containers("cluster")}
    kafka = found["kafka", "kafka"].environment

    assert kept == {"kafka": 3, "mongo": 3}
    assert {it["spec"]["replicas"] for it in serving} == {2}
    assert kafka["KAFKA_COPIES"]["value"] == "3"
    assert len(kafka["KAFKA_VOTERS"]["value"].split(",")) == 3
    members = found["mongo", "users"].environment["MONGO_MEMBERS"]["value"].split(",")
    assert members == [f"mongo-{number}.mongo:27017" for number in range(3)]
    assert found["topics", "topics"].spec["command"][3:5] == ["--replication", "3"]


def test_one_node_is_alone() -> None:
    owners = of_kind("one-node", "StatefulSet", "Deployment").values()
    found = {(it.owner, it.spec["name"]): it for it in containers("one-node")}

    assert {owner["spec"]["replicas"] for owner in owners} == {1}
    assert found["kafka", "kafka"].environment["KAFKA_COPIES"]["value"] == "1"
    assert found["topics", "topics"].spec["command"][3:5] == ["--replication", "1"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_doctor_expects_as_many_copies_of_topics_as_there_are_brokers(overlay: str) -> None:
    brokers = of_kind(overlay, "StatefulSet")["kafka"]["spec"]["replicas"]
    by_default = {"value": "3"}

    expected = {
        container.environment.get("IHALA_TOPIC_REPLICATION", by_default)["value"]
        for _, kind, container in processes(overlay)
        if kind == "worker"
    }

    assert expected == {str(brokers)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_budget_lets_more_than_one_pod_go_and_every_part_has_one(overlay: str) -> None:
    budgets = of_kind(overlay, "PodDisruptionBudget")

    assert budgets.keys() == of_kind(overlay, "Deployment", "StatefulSet").keys()
    for name, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["selector"]["matchLabels"] == {"app.kubernetes.io/name": name}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_scripts_are_the_very_ones_of_compose(overlay: str) -> None:
    scripts = {
        re.sub(r"-[^-]+$", "", name): it["data"]
        for name, it in of_kind(overlay, "ConfigMap").items()
    }

    for part in ("kafka", "mongo", "gateway"):
        for name, text in scripts[f"{part}-start"].items():
            assert text == (ROOT / "deploy" / part / name).read_text()


def test_the_certificate_of_the_brokers_names_every_pod(tmp_path: Path) -> None:
    """As they call one another, and as other services of the same cluster call them."""
    secrets = tmp_path / "secrets"
    subprocess.run(
        [str(ROOT / "deploy" / "secrets"), str(secrets)], check=True, capture_output=True
    )
    command = ["openssl", "x509", "-noout", "-ext", "subjectAltName"]
    said = subprocess.run(
        [*command, "-in", str(secrets / "kafka_keystore")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    for number in range(3):
        assert re.search(rf"DNS:kafka-{number}\.kafka(,|$)", said)
        assert f"DNS:kafka-{number}.kafka.ihala.svc" in said
    assert "IHALA_KAFKA_CA" in {it.metadata["name"] for it in dataclasses.fields(WorkerSettings)}
