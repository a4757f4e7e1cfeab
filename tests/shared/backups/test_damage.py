"""What lies there may be damaged, of another version, for another key, or no backup at all."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.shared.backups.filled import MANY, MASTER_KEY, Databases, made

from ihala.backups.errors import BackupError
from ihala.backups.files import identity, new_identity, recipient
from ihala.backups.manifest import MANIFEST, read_manifest
from ihala.backups.restoring import Order, restore
from ihala.backups.taking import Client
from ihala.backups.verifying import verify
from ihala.cli.backup_place import BackupSettings
from ihala.config import load
from ihala.prepared import RESTORING


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
