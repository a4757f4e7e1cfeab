"""Proving a backup: its files are whole, and hold what the manifest says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument

from ihala.backups.errors import BackupError
from ihala.backups.files import read_file, sum_of_file
from ihala.backups.manifest import Collected, Manifest, read_manifest

Progress = Callable[[str, int, int], None]
"""Called with the file in hand, how many are done, and how many there are."""


def verify(folder: Path, identity: Any = None, progress: Progress = lambda *_: None) -> Manifest:
    """The manifest of a backup that is whole and undamaged; raises BackupError otherwise.

    What is encrypted is read only with the ``identity``; without it, every file is known to be
    byte for byte what was written.
    """
    manifest = read_manifest(folder)
    total = len(manifest.collections)
    for done, collected in enumerate(manifest.collections):
        progress(collected.full_name, done, total)
        if manifest.encrypted_for and identity is None:
            _compare(folder, collected, sum_of_file(folder / collected.file))
        else:
            read_collection(folder, manifest, collected, identity, lambda _: None)
    progress("", total, total)
    return manifest


def read_collection(
    folder: Path,
    manifest: Manifest,
    collected: Collected,
    identity: Any,
    apply: Callable[[list[RawBSONDocument]], None],
) -> None:
    """Give every document of a collection to ``apply``; raises BackupError where it is damaged."""
    if manifest.encrypted_for and identity is None:
        raise BackupError(
            "this backup is encrypted: name the file with its secret key in"
            " IHALA_BACKUP_IDENTITY_FILE"
        )
    key = identity if manifest.encrypted_for else None
    sums = read_file(folder / collected.file, key, apply)
    _compare(folder, collected, (sums.size, sums.sha256))
    read = (sums.count, sums.content_sha256)
    if read != (collected.count, collected.content_sha256):
        raise _damaged(folder, collected)


def _compare(folder: Path, collected: Collected, found: tuple[int, str]) -> None:
    if found != (collected.size, collected.sha256):
        raise _damaged(folder, collected)


def _damaged(folder: Path, collected: Collected) -> BackupError:
    return BackupError(f"{folder / collected.file} is damaged: use another copy of this backup")
