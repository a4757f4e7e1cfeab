"""A user that may do more than its part, and a MongoDB that stands alone, are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from tests.shared.doctor.conftest import Doctor

from ihala.testing.mongod import find_mongod
from ihala.testing.ports import free_port
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for

PASSWORD = "a-password-for-tests"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mongod without a replica set that asks who comes, with two users."""
    folder, port = tmp_path_factory.mktemp("guarded"), free_port()
    process = Process("mongod", _command(folder, port), log=folder / "log")
    process.start()
    address = f"127.0.0.1:{port}"
    with MongoClient[dict[str, object]](f"mongodb://{address}/?serverSelectionTimeoutMS=500") as db:
        wait_for(
            lambda: db.admin.command("hello"),
            deadline_s=60,
            what="mongod",
            retry_on=(PyMongoError,),
        )
        db.admin.command("createUser", "root", pwd=PASSWORD, roles=["root"])
    with MongoClient[dict[str, object]](f"mongodb://root:{PASSWORD}@{address}") as db:
        db["ihala_registry"].command("createUser", "registry", pwd=PASSWORD, roles=["readWrite"])
    yield address
    process.kill()


def _command(folder: Path, port: int) -> list[str]:
    command = [str(find_mongod()), "--bind_ip", "127.0.0.1", "--port", str(port), "--auth"]
    return [*command, "--dbpath", str(folder), "--nounixsocket", "--quiet"]


def test_a_user_with_its_own_database_alone_is_well(
    doctor: Doctor, settings: dict[str, str], guarded: str
) -> None:
    settings["IHALA_MONGODB_URI"] = f"mongodb://registry:{PASSWORD}@{guarded}/ihala_registry"

    visit = doctor()

    says = "registry@ihala_registry may read and write ihala_registry, nothing else"
    assert visit.of("rights")["says"] == says
    assert visit.of("write concern")["level"] == "ok"


def test_a_user_that_may_do_more_is_named(
    doctor: Doctor, settings: dict[str, str], guarded: str
) -> None:
    uri = f"mongodb://root:{PASSWORD}@{guarded}/ihala_registry?authSource=admin"
    settings["IHALA_MONGODB_URI"] = uri

    finding = doctor().of("rights")

    assert finding["level"] == "bad"
    assert "root on admin" in finding["says"]
    assert "readWrite on ihala_registry alone" in finding["mend"]


def test_a_mongod_without_a_replica_set_is_named(
    doctor: Doctor, settings: dict[str, str], guarded: str
) -> None:
    settings["IHALA_MONGODB_URI"] = f"mongodb://registry:{PASSWORD}@{guarded}/ihala_registry"

    finding = doctor().of("replica set")

    assert finding["level"] == "bad"
    assert "--replSet" in finding["mend"]


def test_a_wrong_password_is_named_and_not_shown(
    doctor: Doctor, settings: dict[str, str], guarded: str
) -> None:
    settings["IHALA_MONGODB_URI"] = f"mongodb://registry:not-it-at-all@{guarded}/ihala_registry"

    visit = doctor()

    assert "Authentication failed" in visit.of("database")["says"]
    assert "password" in visit.of("database")["mend"]
    assert "not-it-at-all" not in visit.output
