"""deploy/cluster.yml over docker-compose.yml: three of what keeps data, each as confined."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BASE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OVER: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "cluster.yml").read_text())
SERVICES = ("registry", "referrals", "notifications")
PROCESSES = [f"{service}-{kind}" for service in SERVICES for kind in ("web", "worker")]
TWINS = [("mongo", f"mongo-{n}") for n in (2, 3)] + [("kafka", f"kafka-{n}") for n in (2, 3)]
VOTERS = "1@kafka:9093,2@kafka-2:9093,3@kafka-3:9093"


@pytest.mark.parametrize(("first", "twin"), TWINS)
def test_the_second_and_third_are_as_the_first(first: str, twin: str) -> None:
    """But for their names, their numbers and the places of their data."""
    one, other = BASE["services"][first], OVER["services"][twin]
    differ = {"environment", "volumes"}

    assert {k: v for k, v in other.items() if k not in differ} == {
        **{k: v for k, v in one.items() if k not in differ},
        "restart": "unless-stopped",
    }
    places = [volume.partition(":") for volume in other["volumes"]]
    assert [place[2] for place in places] == [it.partition(":")[2] for it in one["volumes"]]
    assert all(place[0].startswith((f"{twin}", "./deploy/")) for place in places)
    assert {it.partition(":")[0] for it in other["volumes"]} - OVER["volumes"].keys() == {
        it.partition(":")[0] for it in one["volumes"] if it.startswith(f"./deploy/{first}/")
    }


def test_each_broker_has_its_number_and_knows_all_three() -> None:
    environments = [OVER["services"][name]["environment"] for name in ("kafka-2", "kafka-3")]

    assert [it["KAFKA_NODE"] for it in environments] == ["2", "3"]
    for environment in (OVER["services"]["kafka"]["environment"], *environments):
        assert environment["KAFKA_VOTERS"] == VOTERS
        assert environment["KAFKA_COPIES"] == "3"
    assert OVER["services"]["kafka-init"]["command"][3:5] == ["--replication", "3"]


@pytest.mark.parametrize("name", PROCESSES)
def test_there_are_two_of_each_process_and_each_knows_all_brokers(name: str) -> None:
    service = OVER["services"][name]

    assert service["scale"] == 2
    if name.endswith("worker"):
        assert service["environment"] == {
            "IHALA_KAFKA": "kafka:9092,kafka-2:9092,kafka-3:9092",
            "IHALA_TOPIC_REPLICATION": "3",
        }


def test_every_user_of_mongodb_knows_all_members(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run([str(ROOT / "deploy/secrets"), str(tmp_path)], check=True, capture_output=True)
    members = OVER["services"]["mongo-init"]["environment"]["MONGO_MEMBERS"]

    assert OVER["secrets"].keys() == {it for it in BASE["secrets"] if it.endswith("_mongodb_uri")}
    for name, secret in OVER["secrets"].items():
        made = tmp_path / Path(secret["file"]).name
        alone = (tmp_path / name).read_text()
        assert made.read_text() == alone.replace("mongo:27017", members)


def test_compose_takes_the_files_together(tmp_path: Path) -> None:
    """Whichever Compose is installed; and what it makes of them is what was meant."""
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed")
    needed = ("TOKEN_ISSUER", "JWKS", "SMTP", "MAIL_FROM", "CALLBACK")
    files = ("docker-compose.yml", "deploy/cluster.yml", "deploy/cluster-publishers.yml")
    done = subprocess.run(
        [compose, *(word for file in files for word in ("-f", file)), "config"],
        env={"PATH": os.environ["PATH"], **{f"IHALA_{name}": "x" for name in needed}},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = yaml.safe_load(done.stdout)["services"]
    assert made["registry-worker"]["environment"]["IHALA_KAFKA_USERNAME"] == "registry"
    assert made["kafka"]["environment"]["KAFKA_OUTSIDE"] == "localhost:9094"
    assert made["mongo-init"]["depends_on"].keys() == {"mongo", "mongo-2", "mongo-3"}
