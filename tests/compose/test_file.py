"""docker-compose.yml and what it mounts: nothing runs as root, nothing has a default password."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ihala.cli import main
from ihala.events.topics import TOPICS
from ihala.testing.parts import Broker

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {name for name, service in SERVICES.items() if service.get("restart") == "no"}
LONG_RUNNING = sorted(SERVICES.keys() - ONE_SHOT)
OURS = ("registry", "referrals", "notifications")


def environment_of(name: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[name].get("environment", {})
    return found


def test_every_process_of_the_embedded_stack_is_there() -> None:
    processes = {f"{name}-{kind}" for name in OURS for kind in ("web", "worker")}

    assert processes | {"kafka", "mongo", "gateway"} <= SERVICES.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["mem_limit"]
    assert service["pids_limit"]


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_container_that_stays_says_whether_it_is_well_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_who_is_waited_for_can_say_that_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how["condition"] == expected


def secrets_in_plain_sight() -> Iterator[str]:
    for name in SERVICES:
        for key, value in environment_of(name).items():
            words = ("PASSWORD", "SECRET", "_KEY", "MONGODB_URI", "TOKEN_")
            if key.endswith("_FILE") or not any(word in key for word in words):
                continue
            if not str(value).startswith(("${IHALA_TOKEN_ISSUER:?", "${IHALA_TOKEN_AUDIENCE:-")):
                yield f"{name}: {key}"


def test_no_secret_is_in_the_file_and_none_has_a_default() -> None:
    assert list(secrets_in_plain_sight()) == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_secret_that_is_named_is_given(name: str) -> None:
    given = set(SERVICES[name].get("secrets", []))

    for key, value in environment_of(name).items():
        if key.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in given, key
    assert given <= COMPOSE["secrets"].keys()


def test_no_secret_is_declared_in_vain() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}

    assert used == COMPOSE["secrets"].keys()


@pytest.mark.parametrize("name", [f"{name}-{kind}" for name in OURS for kind in ("web", "worker")])
def test_traces_go_nowhere_until_an_endpoint_is_named(name: str) -> None:
    """On the one network that every process is on, a collector can be reached."""
    environment = environment_of(name)

    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "${OTEL_EXPORTER_OTLP_ENDPOINT:-}"
    assert environment["OTEL_TRACES_SAMPLER"].startswith("${OTEL_TRACES_SAMPLER:-parentbased_")
    assert "database" in SERVICES[name]["networks"]


def test_web_processes_cannot_reach_the_broker() -> None:
    for name in OURS:
        assert "events" not in SERVICES[f"{name}-web"]["networks"]
        assert "IHALA_KAFKA" not in environment_of(f"{name}-web")


def test_database_and_broker_networks_are_closed() -> None:
    assert COMPOSE["networks"]["database"]["internal"] is True
    assert COMPOSE["networks"]["events"]["internal"] is True
    assert SERVICES["mongo"]["networks"] == ["database"]
    assert "ports" not in SERVICES["mongo"]
    assert SERVICES["mongo-init"]["network_mode"] == "service:mongo"


def test_ports_are_published_on_this_host_only_unless_told_otherwise() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert port.startswith("${IHALA_BIND:-127.0.0.1}:")


def test_nothing_but_the_gateway_is_published_unless_the_broker_is_asked_for() -> None:
    asked_for = yaml.safe_load((ROOT / "deploy" / "publishers.yml").read_text())["services"]

    assert {name for name, service in SERVICES.items() if "ports" in service} == {"gateway"}
    assert asked_for.keys() == {"kafka"}
    assert asked_for["kafka"]["ports"] == ["${IHALA_BIND:-127.0.0.1}:9094:9094"]


def test_each_service_has_its_own_database_and_its_own_name_at_the_broker() -> None:
    for name in OURS:
        for kind in ("web", "worker"):
            uri = environment_of(f"{name}-{kind}")["IHALA_MONGODB_URI_FILE"]
            assert uri == f"/run/secrets/{name}_mongodb_uri"
        assert environment_of(f"{name}-worker")["IHALA_KAFKA_USERNAME"] == name


def test_images_are_named_in_one_place() -> None:
    images = set(COMPOSE["x-images"].values())

    for name, service in SERVICES.items():
        ours = service["image"] in {f"ihala-{one}" for one in OURS}
        assert ours or service["image"] in images, name
        if "build" in service:
            assert service["build"]["args"]["PYTHON_IMAGE"] == COMPOSE["x-images"]["python"]
    assert not re.search(r"^FROM (?!\$\{PYTHON_IMAGE\})", dockerfile(), re.MULTILINE)


def dockerfile() -> str:
    return (ROOT / "deploy" / "Dockerfile").read_text()


def test_the_image_runs_as_nobody_special_from_the_hashed_lock() -> None:
    assert "--require-hashes -r requirements/runtime.txt" in dockerfile()
    assert re.findall(r"^USER (.+)$", dockerfile(), re.MULTILINE)[-1] == "10001:10001"


def test_the_file_is_one_that_docker_compose_1_29_takes_too() -> None:
    known = {"services", "networks", "volumes", "secrets"}

    assert {key for key in COMPOSE if not key.startswith("x-")} == known
    assert not any("develop" in service for service in SERVICES.values())


def test_every_file_that_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file(), source
            else:
                assert source in COMPOSE["volumes"]


def test_the_topics_are_made_from_the_table_before_any_worker_starts(broker: Broker) -> None:
    command = SERVICES["kafka-init"]["command"]
    here = {"IHALA_KAFKA": broker.address, "IHALA_KAFKA_SECURITY": "PLAINTEXT"}

    made = CliRunner().invoke(main, [word for word in command[1:] if word != "--grant"], env=here)

    assert command[:3] == ["ihala", "topics", "create"]
    assert "--grant" in command
    assert f"of {len(TOPICS)} topics were made" in made.output
    for name in OURS:
        condition = SERVICES[f"{name}-worker"]["depends_on"]["kafka-init"]["condition"]
        assert condition == "service_completed_successfully"


def test_the_users_of_the_database_and_the_broker_are_those_that_sign_in() -> None:
    users = (ROOT / "deploy/mongo/users.js").read_text()
    broker = (ROOT / "deploy/kafka/start.sh").read_text()

    for name in OURS:
        assert f'"{name}"' in users
        assert f"kafka_{name}_password" in SERVICES["kafka"]["secrets"]
        assert re.search(rf"^users=\(.*\b{name}\b", broker, re.MULTILINE)
    assert "allow.everyone.if.no.acl.found=false" in broker


def test_the_gateway_knows_every_service_and_takes_no_name_from_callers() -> None:
    gateway = (ROOT / "deploy/gateway/nginx.conf").read_text()

    for name in OURS:
        assert f"{name} {name}-web;" in gateway
    assert "X-Forwarded-For $remote_addr;" in gateway
    assert "$proxy_add_x_forwarded_for" not in gateway


def test_a_service_folder_needs_no_more_than_the_image_brings() -> None:
    lock = (ROOT / "requirements/runtime.txt").read_text().lower()
    for folder in ("shared", *(f"services/{name}" for name in OURS)):
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        for needed in project["dependencies"]:
            name = re.split(r"[\[<>=~!;, ]", needed)[0]
            assert name == "ihala" or f"\n{name}==" in lock, needed


def test_every_image_can_be_made_from_packages() -> None:
    asked = subprocess.run(
        [str(ROOT / "deploy" / "images"), "--help"], capture_output=True, text=True, check=True
    )

    for name in (*COMPOSE["x-images"], *OURS):
        assert name in asked.stdout
    for name in COMPOSE["x-images"]:
        assert (ROOT / "deploy" / "images.d" / name / "Dockerfile").is_file()
