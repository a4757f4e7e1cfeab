"""Backups: all databases at one moment, proven, and put back as they were."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from ihala.backups.errors import BackupError, NoSpaceError
from ihala.backups.files import identity, new_identity, recipient
from ihala.backups.manifest import HALF, MANIFEST, Manifest, read_manifest
from ihala.backups.restoring import Order, restore
from ihala.backups.taking import Client, Plan, catalog_of, take
from ihala.backups.verifying import verify
from ihala.cli.backup_place import BackupSettings
from ihala.config import load
from ihala.prepared import RESTORING, Prepared, RestoreUnderwayError
from ihala.testing.parts import Mongod
from ihala.vault import Vault

MASTER_KEY = bytes(range(96))
MANY = 2_500
Databases = tuple[str, str]


@pytest.fixture
def client(mongod: Mongod) -> Iterator[Client]:
    opened: Client = MongoClient(mongod.uri(""), tz_aware=True)
    with opened:
        yield opened


@pytest.fixture
def databases(client: Client) -> Iterator[Databases]:
    """Two databases as services leave them."""
    run = os.urandom(4).hex()
    names = (f"test_first_{run}", f"test_second_{run}")
    fill(client, names)
    yield names
    for name in names:
        client.drop_database(name)


def fill(client: Client, names: Databases) -> None:
    first, second = (client[name] for name in names)
    first["referrals"].insert_many([{"_id": n, "text": "x" * 100} for n in range(MANY)])
    first["referrals"].create_index([("text", 1), ("_id", -1)], name="text")
    Vault(first["keys"], MASTER_KEY, batch=4).new_key()
    second.create_collection(
        "strict", validator={"a": {"$exists": True}}, collation={"locale": "ar"}
    )
    second.create_collection("empty")
    place = {"type": "Point", "coordinates": [36.6, 35.9]}
    second["places"].insert_one({"_id": "fac", "point": place, "key": "k"})
    second["places"].create_index([("point", "2dsphere")])
    second["places"].create_index(
        "key", unique=True, partialFilterExpression={"key": {"$exists": True}}
    )
    second["files"].create_index("at", expireAfterSeconds=3600, name="expiry")
    second["relay_topics"].insert_one({"_id": "t", "topic_id": "abc", "last": {"0": [1, 2]}})
    second["leases"].insert_one({"_id": "relay", "until": datetime(2026, 1, 1, tzinfo=UTC)})


def contents(client: Client, names: Databases) -> dict[str, Any]:
    return {
        f"{found.database}.{found.name}": (
            [document.raw for document in raw(client, found.database, found.name)],
            found.options,
            found.indexes,
        )
        for found in catalog_of(client, names)
        if found.name != "relay_topics"
    }


def raw(client: Client, database: str, name: str) -> Iterator[Any]:
    options: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
    return iter(client[database][name].with_options(codec_options=options).find().sort("_id", 1))


def made(client: Client, databases: Databases, parent: Path, *keys: Any) -> tuple[Path, Manifest]:
    return take(client, parent, Plan(databases, keys))


@pytest.mark.parametrize("encrypted", [False, True])
def test_what_is_restored_is_what_was_there_with_options_and_indexes(
    client: Client, databases: Databases, tmp_path: Path, encrypted: bool
) -> None:
    public = recipient(new_identity(tmp_path / "key"))
    key = identity((tmp_path / "key").read_text()) if encrypted else None
    folder, manifest = made(client, databases, tmp_path, *([public] if encrypted else []))
    before = contents(client, databases)
    for name in databases:
        client.drop_database(name)

    restore(client, folder, Order(identity=key))

    assert contents(client, databases) == before
    assert manifest.documents == MANY + 4 + 1 + 1
    assert client[databases[1]]["leases"].find_one() is None
    assert RESTORING not in client[databases[0]].list_collection_names()


def test_after_a_restore_every_topic_counts_as_lost_so_that_events_are_sent_again(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    folder, _ = made(client, databases, tmp_path)

    restore(client, folder, Order(replace=True))

    kept = client[databases[1]]["relay_topics"].find_one()
    assert kept == {"_id": "t", "topic_id": "before the restore", "last": {"0": [1, 2]}}


def test_all_databases_are_read_at_one_moment_whatever_is_written_meanwhile(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    """Nothing of what comes while it is read is in it: neither cause nor effect."""
    told: list[str] = []

    def write_on(name: str, done: int, total: int) -> None:
        client[databases[0]]["referrals"].insert_one({"late": done})
        client[databases[1]]["places"].insert_one({"of": done, "key": f"late {name} {done}"})
        told.append(name)

    folder, manifest = take(client, tmp_path, Plan(databases, progress=write_on))

    counts = {collected.full_name: collected.count for collected in manifest.collections}
    assert len(told) >= 3
    assert counts[f"{databases[0]}.referrals"] == MANY
    assert counts[f"{databases[1]}.places"] == 1
    assert verify(folder) == manifest


def test_a_collection_that_is_made_meanwhile_makes_it_start_anew(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    """It would be missing, and MongoDB before 7 cannot read the one whose index is new."""
    once = iter([True])

    def interfere(name: str, done: int, total: int) -> None:
        if next(once, False):
            client[databases[1]]["made_meanwhile"].insert_one({"_id": 1})
            client[databases[1]]["places"].create_index("key", name="also")

    _, manifest = take(client, tmp_path, Plan(databases, progress=interfere))

    assert "made_meanwhile" in {collected.name for collected in manifest.collections}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("how", [{"capped": True, "size": 4096}, {"viewOn": "places"}])
def test_what_no_snapshot_reads_is_named(
    client: Client, databases: Databases, tmp_path: Path, how: dict[str, Any]
) -> None:
    client[databases[1]].create_collection("other", **how)

    with pytest.raises(BackupError, match=r"other is a (view|capped collection).*remove it"):
        made(client, databases, tmp_path)


def test_one_that_never_gets_to_an_end_says_why_and_leaves_nothing(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    def interfere(name: str, done: int, total: int) -> None:
        client[databases[1]][f"new_{os.urandom(4).hex()}"].insert_one({})

    with pytest.raises(BackupError, match="made or dropped all the time"):
        take(client, tmp_path, Plan(databases, progress=interfere))

    assert list(tmp_path.iterdir()) == []


def test_one_that_breaks_off_never_looks_like_a_whole_one(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    seen: list[str] = []

    def look(name: str, done: int, total: int) -> None:
        seen.extend(path.name for path in tmp_path.iterdir())

    folder, _ = take(client, tmp_path, Plan(databases, progress=look))
    killed = folder.with_name(folder.name + HALF)
    shutil.copytree(folder, killed)
    (killed / MANIFEST).unlink()

    assert all(name.endswith(HALF) for name in seen)
    with pytest.raises(BackupError, match=r"half a backup.*take a new one"):
        verify(killed)


def test_a_full_disk_is_named_and_leaves_nothing(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may make a small disk")
    try:
        with pytest.raises(NoSpaceError, match=r"no space left for .*: free some, or name another"):
            made(client, databases, small)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["/bin/umount", str(small)], check=True)


def damaged(folder: Path, how: str) -> None:
    file = next(folder.glob("*.referrals.*"))
    content = bytearray(file.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
    file.unlink()
    if how != "missing":
        file.write_bytes(content[: len(content) // 2] if how == "cut" else content)


@pytest.mark.parametrize("how", ["flipped", "cut", "missing"])
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_file_is_named_and_nothing_is_touched(
    client: Client, databases: Databases, tmp_path: Path, how: str, encrypted: bool
) -> None:
    public = recipient(new_identity(tmp_path / "key"))
    key = identity((tmp_path / "key").read_text()) if encrypted else None
    folder, _ = made(client, databases, tmp_path, *([public] if encrypted else []))
    damaged(folder, how)
    expected = r"referrals\.bson\.gz.* is (damaged|missing): use another copy of this backup"

    with pytest.raises(BackupError, match=expected):
        verify(folder)
    with pytest.raises(BackupError, match=expected):
        restore(client, folder, Order(identity=key, replace=True))

    assert client[databases[0]]["referrals"].count_documents({}) == MANY


def test_a_changed_manifest_another_version_and_other_folders_are_told_apart(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    folder, _ = made(client, databases, tmp_path)
    manifest = (folder / MANIFEST).read_text()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "WiredTiger").touch()

    def said_of(text: str) -> str:
        (folder / MANIFEST).write_text(text)
        with pytest.raises(BackupError) as error:
            read_manifest(folder)
        return str(error.value)

    assert "damaged" in said_of(manifest.replace("referrals", "referralz"))
    assert "damaged" in said_of(manifest[:100])
    assert "use the Ihala that made it" in said_of(
        manifest.replace('"format": {\n  "$numberInt": "1"', '"format": {\n  "$numberInt": "2"')
    )
    for other, said in (("data", "data folder of a MongoDB"), ("none", "is not there")):
        with pytest.raises(BackupError, match=said):
            read_manifest(tmp_path / other)


def test_full_databases_running_workers_and_half_restored_ones_are_refused(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    folder, _ = made(client, databases, tmp_path)

    def said() -> str:
        with pytest.raises(BackupError) as error:
            restore(client, folder, Order())
        return str(error.value)

    full = said()
    client[databases[0]][RESTORING].insert_one({"_id": RESTORING})
    half = said()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    client[databases[0]]["leases"].insert_one(
        {"_id": "relay:0/1", "holder": "host:77:abcd", "until": soon}
    )

    assert "is not empty (keys, referrals)" in full
    assert "half restored" in half
    assert "host:77 holds relay:0/1" in said()


def test_a_service_waits_for_the_end_of_a_restore(client: Client, databases: Databases) -> None:
    database = client[databases[0]]
    database[RESTORING].insert_one({"_id": RESTORING})
    prepared = Prepared(database, lambda: None)

    with pytest.raises(RestoreUnderwayError):
        prepared.check()
    waiting = prepared.try_now()
    database.drop_collection(RESTORING)

    assert waiting is False
    assert prepared.try_now() is True


def test_a_wrong_master_key_is_noticed_before_anything_is_touched(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    folder, _ = made(client, databases, tmp_path)

    def check_with(key: bytes) -> Order:
        variables = {"IHALA_MASTER_KEY": base64.b64encode(key).decode()}
        return Order(replace=True, check_keys=load(BackupSettings, variables).check_keys)

    with pytest.raises(BackupError, match="is not the master key of this backup"):
        restore(client, folder, check_with(MASTER_KEY[::-1]))
    untouched = client[databases[0]].list_collection_names()
    restore(client, folder, check_with(MASTER_KEY))

    assert RESTORING not in untouched
    assert client[databases[0]]["keys"].count_documents({}) == 4


def test_an_encrypted_backup_needs_the_key_it_was_made_for(
    client: Client, databases: Databases, tmp_path: Path
) -> None:
    public = recipient(new_identity(tmp_path / "key"))
    new_identity(tmp_path / "other")
    folder, _ = made(client, databases, tmp_path, public)
    other = identity((tmp_path / "other").read_text())

    verify(folder)
    with pytest.raises(BackupError, match="encrypted: name the file with its secret key"):
        restore(client, folder, Order(replace=True))
    with pytest.raises(BackupError, match="encrypted for another key"):
        restore(client, folder, Order(identity=other, replace=True))

    files = [path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST]
    assert all(content.startswith(b"age-encryption.org/v1") for content in files)
