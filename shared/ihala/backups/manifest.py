"""What a backup says of itself, and whether a folder is a whole backup."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bson import json_util

from ihala.backups.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
HALF = ".partial"
"""What the name of a backup ends in while it is being written."""

_OPTIONS = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection: where it is, how it was made, and the sums by which damage shows.

    ``sha256`` and ``size`` are the file's own; ``content_sha256`` is of the documents in it.
    """

    database: str
    name: str
    count: int
    content_sha256: str
    file: str
    size: int
    sha256: str
    options: dict[str, Any]
    indexes: list[dict[str, Any]]

    @property
    def full_name(self) -> str:
        """As MongoDB writes it: the database, a dot, the collection."""
        return f"{self.database}.{self.name}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup. ``cluster_time`` is the one moment (seconds, ordinal) all of it is of."""

    made_at: str
    cluster_time: tuple[int, int]
    mongodb: str
    encrypted_for: list[str]
    collections: list[Collected]

    @property
    def databases(self) -> list[str]:
        """The databases that it holds."""
        return sorted({collected.database for collected in self.collections})

    @property
    def documents(self) -> int:
        """How many documents it holds."""
        return sum(collected.count for collected in self.collections)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it with a sum over itself, and wait until the disk has it."""
    body = {"format": FORMAT, **asdict(manifest)}
    text = _text({**body, "sha256": _sum_of(body)})
    with (folder / MANIFEST).open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a whole backup; raises BackupError that says what the folder is instead."""
    body = _read(folder)
    if body.get("format") != FORMAT:
        raise BackupError(
            f"{folder} has the format {body.get('format')}, and this Ihala reads {FORMAT}:"
            " use the Ihala that made it, or one that came after it"
        )
    stated = body.pop("sha256", None)
    if stated != _sum_of(body):
        raise BackupError(f"{folder / MANIFEST} is damaged: use another copy of this backup")
    del body["format"]
    collections = [Collected(**collected) for collected in body.pop("collections")]
    time = (body["cluster_time"][0], body["cluster_time"][1])
    return Manifest(**{**body, "cluster_time": time, "collections": collections})


def _read(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise BackupError(_what_it_is_instead(folder))
    try:
        found = json_util.loads((folder / MANIFEST).read_text("utf-8"), json_options=_OPTIONS)
    except (ValueError, TypeError) as error:
        raise BackupError(f"{folder / MANIFEST} is damaged: use another copy") from error
    if not isinstance(found, dict):
        raise BackupError(f"{folder / MANIFEST} is no manifest: use another copy")
    return found


def _what_it_is_instead(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder} is not there, or no folder: name the folder of one backup"
    if folder.name.endswith(HALF):
        return f"{folder} is half a backup, its making broke off: take a new one, remove this one"
    if (folder / "WiredTiger").exists():
        return (
            f"{folder} is the data folder of a MongoDB, not a backup: start the same version of"
            " mongod on it, take a backup of that, and restore the backup"
        )
    return f"{folder} holds no {MANIFEST}: name the folder of one backup, as `backup make` said it"


def _sum_of(body: dict[str, Any]) -> str:
    return hashlib.sha256(_text(body).encode()).hexdigest()


def _text(body: dict[str, Any]) -> str:
    """Not sorted: the order of an index's keys is its meaning."""
    return str(json_util.dumps(body, indent=1, json_options=_OPTIONS))
