"""What is wrong around MongoDB is said in one line of its log, with what mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymongo
import pytest
from tests.compose.deployment import Deployment
from tests.compose.engine import Engine

from ihala.testing.mongod import Mongod
from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

MONGODB = 999
"""Who MongoDB is in its container."""


@pytest.fixture(autouse=True)
def alone(spare: Deployment) -> Iterator[None]:
    """Each test begins without data and with the secrets as they were made."""
    kept = spare.folder / "kept"
    shutil.copytree(spare.secrets, kept)
    try:
        yield
    finally:
        spare.down("--volumes", "--timeout", "10")
        shutil.rmtree(spare.secrets)
        kept.rename(spare.secrets)
        spare.files = spare.files[:2]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", str(place)]
    subprocess.run(mount, check=True)
    try:
        yield place
    finally:
        unmount = ["umount", "--lazy", str(place)]
        subprocess.run(unmount, check=True)


def keep_data_in(spare: Deployment, place: Path) -> None:
    """Let MongoDB's volume be this folder."""
    for path in (place, *place.rglob("*")):
        os.chown(path, MONGODB, MONGODB)
    options = {"type": "none", "o": "bind", "device": str(place)}
    spare.add_file("volume.json", {"volumes": {"mongo": {"driver_opts": options}}})


def test_an_empty_key(spare: Deployment) -> None:
    spare.write_secret("mongo_key", "")

    spare.compose("up", "--detach", "--no-build", "mongo")

    spare.wait_until_said("mongo", "the secret mongo_key is empty or missing")


def test_a_missing_secret(spare: Deployment) -> None:
    (spare.secrets / "mongo_key").unlink()

    with pytest.raises(AssertionError, match="mongo_key"):
        spare.compose("up", "--detach", "--no-build", "mongo")


def test_another_root_password_than_that_of_the_data(spare: Deployment, engine: Engine) -> None:
    spare.compose("up", "--detach", "--no-build", "mongo-init")
    spare.wait_until_said("mongo-init", "of backups are there")
    spare.write_secret("mongo_root_password", "0123456789abcdef" * 4)

    spare.compose("up", "--detach", "--no-build", "mongo-init")

    spare.wait_until_said("mongo-init", "Put the password there that the data were made with")


def test_a_service_with_a_password_that_mongodb_does_not_know(spare: Deployment) -> None:
    spare.compose("up", "--detach", "--no-build", "mongo-init")
    spare.wait_until_said("mongo-init", "of backups are there")
    uri = "mongodb://registry:guessed@mongo:27017/ihala_registry?replicaSet=rs0"
    spare.write_secret("registry_mongodb_uri", uri)

    spare.compose("up", "--detach", "--no-build", "--no-deps", "registry-worker")

    spare.wait_until_said("registry-worker", "IHALA_MONGODB_URI: MongoDB refuses its user or")


def test_data_of_another_version(spare: Deployment, tmp_path: Path) -> None:
    """A data folder that says it is MongoDB 4.4's, which MongoDB itself does not let one write."""
    mongod = Mongod(tmp_path)
    mongod.start()
    with pymongo.MongoClient[dict[str, str]](mongod.uri("admin")) as client:
        client.admin.old.insert_one({"_id": "featureCompatibilityVersion", "version": "4.4"})
        renaming = {
            "renameCollection": "admin.old",
            "to": "admin.system.version",
            "dropTarget": True,
        }
        client.admin.command({"applyOps": [{"op": "c", "ns": "admin.$cmd", "o": renaming}]})
    mongod.stop()
    keep_data_in(spare, tmp_path / "data")

    spare.compose("up", "--detach", "--no-build", "mongo")

    spare.wait_until_said("mongo", "made by another version than this image's")


_WRITES_ON = """
db = db.getSiblingDB("admin");
db.auth("root", "{password}");
const filling = db.getSiblingDB("filling").things;
const text = require("crypto").randomBytes(750000).toString("base64");
for (let i = 0; i < 2000; i++) {{
  filling.insertOne({{text: i + text}}, {{writeConcern: {{w: 1, j: true}}}});
  print("written");
}}
"""


def test_a_full_disk_is_named_and_what_was_written_is_there_when_it_has_room(
    spare: Deployment, engine: Engine, disk: Path
) -> None:
    keep_data_in(spare, disk)
    spare.compose("up", "--detach", "--no-build", "mongo-init")
    spare.wait_until_said("mongo-init", "of backups are there")
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    filler.write_bytes(b"\0" * (free - 20 * 2**20))
    password = (spare.secrets / "mongo_root_password").read_text()

    written = write_until_it_ends(spare, _WRITES_ON.format(password=password))

    assert 0 < written < 2000
    spare.wait_until_said("mongo", "its disk is full")
    filler.unlink()
    spare.wait_until_well("mongo")
    counting = f"""
        db.getSiblingDB("admin").auth("root", "{password}");
        print(db.getSiblingDB("filling").things.countDocuments({{}}));
    """
    wait_for(
        lambda: (
            int(spare.compose("exec", "-T", "mongo", "mongosh", "--quiet", "--eval", counting))
            >= written
        ),
        deadline_s=60,
        what="what was acknowledged",
        every_s=1,
        retry_on=(AssertionError, ValueError),
    )


def write_until_it_ends(spare: Deployment, program: str) -> int:
    """How many writes were acknowledged before MongoDB ended or refused one."""
    try:
        said = spare.compose(
            *("exec", "-T", "mongo", "mongosh", "--quiet", "--eval", program), within_s=300
        )
    except AssertionError as error:
        said = str(error)
    return said.splitlines().count("written")
