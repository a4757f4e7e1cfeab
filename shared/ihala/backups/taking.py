"""Taking a backup: every collection of all databases, as they were at one moment.

MongoDB reads all of it at one cluster time (a snapshot session), while the services go on writing.
It keeps what was then for some minutes only (``minSnapshotHistoryWindowInSeconds``, 300).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson.timestamp import Timestamp
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from ihala.backups.errors import BackupError
from ihala.backups.files import write_file
from ihala.backups.manifest import HALF, Collected, Manifest, write_manifest
from ihala.kept import LEFT_OUT
from ihala.mongo import Document

Client = MongoClient[Document]
Progress = Callable[[str, int, int], None]
"""Called with what is being written, how many documents are done, and about how many there are."""

_ATTEMPTS = 5
_TOO_OLD, _UNAVAILABLE, _NOT_REPLICATED = 239, 246, 123
_BATCH_DOCUMENTS = 1_000


class CatalogChangedError(Exception):
    """A collection or an index was made or dropped meanwhile: the moment cannot be read any more.

    MongoDB says so by itself before version 7; one that was made after we looked is seen by us.
    """


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, for whom, and who is told how far it is."""

    databases: Sequence[str]
    recipients: Sequence[Any] = ()
    progress: Progress = lambda *_: None


def take(client: Client, parent: Path, plan: Plan) -> tuple[Path, Manifest]:
    """Write a new backup into the folder ``parent``; its folder and its manifest.

    While it is written its name ends in ``.partial``; the name goes with the last byte on the
    disk. Raises BackupError; what was written by then is removed.
    """
    now = datetime.now(UTC)
    folder = parent / now.strftime("ihala-%Y%m%dT%H%M%S.%fZ")
    half = folder.with_name(folder.name + HALF)
    try:
        manifest = _taken(client, half, plan, now)
        write_manifest(half, manifest)
        _sync(half)
        half.rename(folder)
        _sync(parent)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return folder, manifest


def _taken(client: Client, half: Path, plan: Plan, now: datetime) -> Manifest:
    for _ in range(_ATTEMPTS):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700, parents=True)
        with suppress(CatalogChangedError):
            return _take_once(client, half, plan, now)
    raise BackupError(
        "collections or indexes are made or dropped all the time (a rebuild, services that"
        " start): try again when that is over"
    )


def _take_once(client: Client, half: Path, plan: Plan, now: datetime) -> Manifest:
    catalog = catalog_of(client, plan.databases)
    version = str(client.server_info()["version"])
    names = [str(recipient) for recipient in plan.recipients]
    with client.start_session(snapshot=True) as session:
        writer = _Writer(client, session, half, plan, _about(client, catalog))
        collections = [writer.write(found) for found in catalog]
        at = _moment_of(session)
    if catalog_of(client, plan.databases) != catalog:
        raise CatalogChangedError
    return Manifest(now.isoformat(), (at.time, at.inc), version, names, collections)


@dataclass(frozen=True, slots=True)
class Found:
    """A collection as the catalog knows it."""

    database: str
    name: str
    uuid: bytes
    options: Document
    indexes: list[Document]


def catalog_of(client: Client, databases: Sequence[str]) -> list[Found]:
    """Every collection that a backup holds; raises BackupError for one that it could not hold."""
    found = [found for name in databases for found in _collections(client, name)]
    if not found:
        names = ", ".join(databases)
        raise BackupError(f"there is nothing in {names}: is IHALA_BACKUP_MONGODB_URI right?")
    return found


def _collections(client: Client, database: str) -> Iterator[Found]:
    listed = sorted(client[database].list_collections(), key=lambda it: str(it["name"]))
    for one in listed:
        name = str(one["name"])
        if name in LEFT_OUT or name.startswith("system."):
            continue
        kind = "capped collection" if one["options"].get("capped") else one["type"]
        if kind != "collection":
            raise BackupError(f"{database}.{name} is a {kind}, which no snapshot reads: remove it")
        indexes = [dict(index) for index in client[database][name].list_indexes()]
        uuid = bytes(one["info"]["uuid"])
        yield Found(database, name, uuid, dict(one["options"]), indexes)


def _about(client: Client, catalog: Sequence[Found]) -> int:
    return sum(client[it.database][it.name].estimated_document_count() for it in catalog)


class _Writer:
    """Writes one collection after the other, all of the same moment."""

    def __init__(
        self, client: Client, session: ClientSession, folder: Path, plan: Plan, about: int
    ) -> None:
        self._client, self._session = client, session
        self._folder, self._plan, self._about = folder, plan, about
        self._done = 0

    def write(self, found: Found) -> Collected:
        """Write a collection to its file."""
        ending = ".bson.gz.age" if self._plan.recipients else ".bson.gz"
        file = f"{found.database}.{found.name}{ending}"
        try:
            sums = write_file(self._folder / file, self._batches(found), self._plan.recipients)
        except OperationFailure as error:
            raise _understood(error) from error
        self._done += sums.count
        return Collected(
            database=found.database,
            name=found.name,
            count=sums.count,
            content_sha256=sums.content_sha256,
            file=file,
            size=sums.size,
            sha256=sums.sha256,
            options=found.options,
            indexes=found.indexes,
        )

    def _batches(self, found: Found) -> Iterator[bytes]:
        collection = self._client[found.database][found.name]
        read = 0
        wanted: Any = collection.find_raw_batches(
            session=self._session, batch_size=_BATCH_DOCUMENTS
        )
        for batch in wanted:
            yield batch
            read += _BATCH_DOCUMENTS
            about = max(self._about, self._done + read)
            self._plan.progress(f"{found.database}.{found.name}", self._done + read, about)


def _understood(error: OperationFailure) -> Exception:
    if error.code == _UNAVAILABLE:
        return CatalogChangedError()
    if error.code == _TOO_OLD:
        return BackupError(
            "it took longer than MongoDB keeps what was. Let it keep more, then take a new backup:"
            " db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600})"
        )
    if error.code == _NOT_REPLICATED:
        return BackupError("this MongoDB is no replica set, which Ihala needs: see compose.md")
    return error


def _moment_of(session: ClientSession) -> Timestamp:
    """The cluster time that the session read at; PyMongo 4 has no public name for it."""
    moment: Timestamp = session._snapshot_time  # type: ignore[assignment]  # noqa: SLF001
    return moment


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
