"""Restoring a backup into databases that are empty, or that it replaces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from ihala.backups.errors import BackupError, NoSpaceError
from ihala.backups.manifest import Collected, Manifest
from ihala.backups.taking import Client
from ihala.backups.verifying import read_collection, verify
from ihala.clock import utc_now
from ihala.kept import LEFT_OUT
from ihala.mongo import Collection, Document
from ihala.prepared import RESTORING

Progress = Callable[[str, int, int], None]
"""Called with what is in hand, how much of it is done, and how much there is."""

Check = Callable[[list[RawBSONDocument]], None]
"""Is given the first wrapped keys of persons; raises BackupError when they cannot be unwrapped."""

_KEYS = "keys"
_TOPICS = "relay_topics"
_NO_SPACE = frozenset({14031})
_FORBIDDEN = 13


@dataclass(frozen=True, slots=True)
class Order:
    """How to restore. ``replace`` drops what the databases hold now."""

    identity: Any = None
    replace: bool = False
    check_keys: Check = lambda _: None
    progress: Progress = lambda *_: None


def restore(client: Client, folder: Path, order: Order) -> Manifest:
    """Put every document of the backup into its database, with options and indexes.

    Nothing is touched before all of it was proven. Until the last index is there, services that
    start wait. Workers then send all events again: the topics count as lost (``relay_topics``).
    Raises BackupError.
    """
    manifest = verify(folder, order.identity, partial(_checking, order.progress))
    _check_keys(folder, manifest, order)
    for database in manifest.databases:
        _refuse_unless_free(client, database, replace=order.replace)
    try:
        for database in manifest.databases:
            _begin(client, database, folder)
        _fill(client, folder, manifest, order)
    except OperationFailure as error:
        raise _understood(error) from error
    for database in manifest.databases:
        client[database].drop_collection(RESTORING)
    return manifest


def _checking(progress: Progress, name: str, done: int, total: int) -> None:
    progress(f"checking {name}".strip(), done, total)


class _SeenEnoughError(Exception):
    """The first documents were read, and no more are needed."""


def _check_keys(folder: Path, manifest: Manifest, order: Order) -> None:
    """Before anything is touched: does our master key open the persons' keys?"""

    def first(batch: list[RawBSONDocument]) -> None:
        order.check_keys(batch[:20])
        raise _SeenEnoughError

    for collected in manifest.collections:
        if collected.name == _KEYS:
            try:
                read_collection(folder, manifest, collected, order.identity, first)
            except _SeenEnoughError:
                continue


def _refuse_unless_free(client: Client, database: str, *, replace: bool) -> None:
    held = client[database]["leases"].find_one({"until": {"$gt": datetime.now(UTC)}})
    if held is not None:
        raise BackupError(
            f"a worker of {database} is running ({held['holder'].rpartition(':')[0]} holds"
            f" {held['_id']}): stop all services, then restore"
        )
    if replace:
        return
    if RESTORING in client[database].list_collection_names():
        raise BackupError(
            f"{database} is half restored, somebody broke it off: restore again with --replace"
        )
    full = [name for name in _names(client, database) if client[database][name].find_one()]
    if full:
        raise BackupError(
            f"{database} is not empty ({', '.join(full[:5])}): restore into an empty MongoDB, or"
            " say --replace, and what is there now is gone"
        )


def _names(client: Client, database: str) -> list[str]:
    found = client[database].list_collection_names(filter={"type": "collection"})
    kept = (name for name in found if not name.startswith("system."))
    return sorted(name for name in kept if name not in (*LEFT_OUT, RESTORING))


def _begin(client: Client, database: str, folder: Path) -> None:
    """From here until the end, services that start wait; what was there goes."""
    mark = {"_id": RESTORING, "backup": folder.name, "since": utc_now()}
    with suppress(DuplicateKeyError):
        client[database][RESTORING].insert_one(mark)
    for name in [*_names(client, database), *LEFT_OUT]:
        client[database].drop_collection(name)


def _fill(client: Client, folder: Path, manifest: Manifest, order: Order) -> None:
    done = 0

    def inserted(count: int, name: str) -> None:
        nonlocal done
        done += count
        order.progress(name, done, manifest.documents)

    for collected in manifest.collections:
        database = client[collected.database]
        database.command("create", collected.name, **collected.options)
        insert = partial(_insert, database[collected.name], inserted)
        read_collection(folder, manifest, collected, order.identity, insert)
        _index(client, collected)


def _insert(
    collection: Collection[Document],
    inserted: Callable[[int, str], None],
    batch: list[RawBSONDocument],
) -> None:
    documents = map(_lost, batch) if collection.name == _TOPICS else batch
    collection.insert_many(documents, ordered=False, bypass_document_validation=True)
    inserted(len(batch), collection.full_name)


def _lost(kept: RawBSONDocument) -> Document:
    """What the relay knows of a topic, so that it takes the topic for another, and sends again."""
    return {**bson.decode(kept.raw), "topic_id": "before the restore"}


def _index(client: Client, collected: Collected) -> None:
    indexes = [index for index in collected.indexes if index["name"] != "_id_"]
    for index in indexes:
        index.pop("ns", None)
    if indexes:
        client[collected.database].command("createIndexes", collected.name, indexes=indexes)


def _understood(error: OperationFailure) -> Exception:
    written = error.details or {}
    errors = written.get("writeErrors", []) if isinstance(error, BulkWriteError) else [written]
    if any(it.get("code") in _NO_SPACE for it in errors):
        return NoSpaceError("the disk of MongoDB is full: give it more, then --replace")
    if error.code == _FORBIDDEN:
        return BackupError(
            "MongoDB does not let this user restore: it needs the roles backup and restore"
        )
    return error
