"""Imports: one document each, due until its last row is done; and their files beside them.

The file is kept before the import, under the import's id, which is derived from the request: a
request that is repeated after a crash finds or makes the same two documents.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ihala.caller import Caller
from ihala.clock import Clock
from ihala.due import DueWork
from ihala.errors import TooLarge
from ihala.events.history import HistoryCollection
from ihala.mongo import DESCENDING, Database, Document
from ihala.retention import keep_for
from ihala_registry.domain.imports import Import, ImportState, RowOutcome
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.keeping import FILES_DAYS

MAX_FILE_BYTES = 16 << 20
_MAX_KEPT_BYTES = 15_000_000
"""A document may have 16 MiB; files are kept compressed."""

_FILES_KEPT_S = FILES_DAYS * 24 * 3600
LEASE_S = 15.0
"""Renewed with each batch; when its holder dies, another goes on so much later."""


@dataclass(frozen=True, slots=True)
class KeptImport:
    """An import as it is kept; ``replayed`` when the same request had started it before."""

    import_: Import
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch adds: rows ``first`` to ``last`` and their outcomes."""

    first: int
    last: int
    counts: Mapping[RowOutcome, int]


class ImportStore:
    """The collections ``imports`` and ``import_files``."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._history = HistoryCollection(database["imports"], clock)
        self._imports = self._history.collection
        self._files = database["import_files"]
        self._clock = clock
        self._due = DueWork(self._imports, clock, LEASE_S)

    def ensure_indexes(self) -> None:
        """Make all indexes; safe to call at every start."""
        self._history.ensure_indexes()
        self._due.ensure_indexes()
        self._imports.create_index([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest")
        self._files.create_index("kept_at", expireAfterSeconds=_FILES_KEPT_S, name="expiry")

    def keep_for(self, days: int) -> None:
        """How long imports are kept once they ended; 0 is for good."""
        keep_for(self._imports, "finished_at", days)

    def add(self, import_: Import, content: bytes, by: Caller) -> KeptImport:
        """Keep the file and the import, which is due at once.

        Raises TooLarge for a file that even compressed is larger than a document.
        """
        existing = self._history.get(import_.id)
        if existing is not None:
            return KeptImport(import_of(existing), replayed=True)
        compressed = zlib.compress(content)
        if len(compressed) > _MAX_KEPT_BYTES:
            raise TooLarge("The file is too large, even compressed. Send it in parts.")
        file = {"_id": import_.id, "content": compressed, "kept_at": self._clock()}
        self._files.replace_one({"_id": import_.id}, file, upsert=True)
        state = {name: value for name, value in to_plain(import_).items() if name not in _KEYS}
        saved = self._history.create(import_.id, state | {"due_at": self._clock()}, (), by)
        return KeptImport(import_of(saved.document), saved.replayed)

    def get(self, id_: str) -> Import | None:
        """The import, or None."""
        document = self._history.get(id_)
        return import_of(document) if document else None

    def content(self, id_: str) -> bytes | None:
        """The file of an import that is not finished."""
        file = self._files.find_one({"_id": id_})
        return zlib.decompress(file["content"]) if file else None

    def claim(self) -> Import | None:
        """An import that is due, for ``LEASE_S`` seconds; safe to be met twice."""
        claimed = self._due.claim(1)
        return import_of(claimed[0]) if claimed else None

    def advance(self, import_: Import, progress: Progress) -> Import | None:
        """Note a batch's outcomes, once; None when another worker has noted them.

        The lease is renewed, and given up with the last row.
        """
        now = self._clock()
        finished = progress.last >= import_.total
        update: Document = {
            "$inc": {
                "version": 1,
                **{f"counts.{outcome}": count for outcome, count in progress.counts.items()},
            },
            "$set": {"done": progress.last, **_next(now, finished=finished)},
        }
        if finished:
            update["$unset"] = {"due_at": "", "claimed_until": ""}
        known = {"_id": import_.id, "done": progress.first - 1}
        if not self._imports.update_one(known, update).matched_count:
            return None
        if finished:
            self._files.delete_one({"_id": import_.id})
        return self.get(import_.id)

    def release(self, import_: Import) -> None:
        """Let any worker go on with the import at once."""
        self._imports.update_one({"_id": import_.id}, {"$unset": {"claimed_until": ""}})

    def fail(self, import_: Import, failure: str) -> None:
        """The import cannot go on, and is due no more."""
        ended = {"state": ImportState.FAILED.value, "failure": failure}
        self._imports.update_one(
            {"_id": import_.id, "done": import_.done},
            {
                "$inc": {"version": 1},
                "$set": {**ended, "finished_at": self._clock()},
                "$unset": {"due_at": "", "claimed_until": ""},
            },
        )

    def page(
        self, limit: int, after: tuple[datetime, str] | None
    ) -> tuple[list[Import], tuple[datetime, str] | None]:
        """At most ``limit`` imports, the newest first, and where to go on while more follow."""
        filter_: Document = {}
        if after:
            moment, id_ = after
            older = {"created_at": moment, "_id": {"$lt": id_}}
            filter_ = {"$or": [{"created_at": {"$lt": moment}}, older]}
        order = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = self._imports.find(filter_).sort(order).limit(limit + 1)
        items = [import_of(document) for document in found]
        last = items[limit - 1] if len(items) > limit else None
        return items[:limit], (last.created_at, last.id) if last else None


_KEYS = ("id", "version")


def _next(now: datetime, *, finished: bool) -> Document:
    if finished:
        return {"state": ImportState.FINISHED.value, "finished_at": now}
    leased = now + timedelta(seconds=LEASE_S)
    return {"state": ImportState.RUNNING.value, "claimed_until": leased}


def import_of(document: Mapping[str, Any]) -> Import:
    """The import that the document holds."""
    return from_plain(Import, {**document, "id": document["_id"]})
