"""Backups: all databases at one moment, proven, and put back as they were."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.shared.backups.filled import MANY, Databases, contents, made

from ihala.backups.errors import BackupError, NoSpaceError
from ihala.backups.files import identity, new_identity, recipient
from ihala.backups.manifest import HALF, MANIFEST
from ihala.backups.restoring import Order, restore
from ihala.backups.taking import Client, Plan, take
from ihala.backups.verifying import verify
from ihala.prepared import RESTORING


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
