"""Due work: documents that say when they want attention, claimed by any number of workers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ihala.clock import Clock, utc_now
from ihala.mongo import ASCENDING, Collection, Document

_BEYOND_BELIEF = 10
"""A claim that lasts so many times longer than claims do was made by a clock that was wrong."""


def overdue_s(collection: Collection[Document], clock: Clock = utc_now) -> float:
    """For how many seconds the work has been due that waits longest; 0 when none is due."""
    now = clock()
    wanted = {"due_at": {"$lte": now}}
    first = collection.find_one(wanted, {"due_at": 1}, sort=[("due_at", ASCENDING)])
    return (now - first["due_at"]).total_seconds() if first else 0.0


class DueWork:
    """Claims documents whose ``due_at`` has come.

    A claim is a lease: when its holder dies, the document can be claimed again ``lease_s`` seconds
    after it was taken. Finishing is the caller's own guarded update that moves or unsets ``due_at``
    and unsets ``claimed_until``; what is due may thus be met twice, and must be safe to meet twice.
    A claim that ends implausibly late, by a clock that was wrong, holds nobody up.
    Claiming costs three operations, however many documents are claimed.
    """

    def __init__(
        self, collection: Collection[Document], clock: Clock = utc_now, lease_s: float = 60.0
    ) -> None:
        self._collection = collection
        self._clock = clock
        self._lease = timedelta(seconds=lease_s)

    def ensure_indexes(self) -> None:
        """Make the index that finding due documents needs."""
        self._collection.create_index([("due_at", ASCENDING)], sparse=True, name="due")

    def claim(self, limit: int, only: Mapping[str, Any] | None = None) -> list[Document]:
        """Up to ``limit`` due documents, earliest first, as they stand after being claimed."""
        now = self._clock()
        free = {
            "$or": [
                {"claimed_until": {"$exists": False}},
                {"claimed_until": {"$lte": now}},
                {"claimed_until": {"$gt": now + self._lease * _BEYOND_BELIEF}},
            ]
        }
        wanted = {"due_at": {"$lte": now}, **free, **(only or {})}
        found = self._collection.find(wanted, {"_id": 1}).sort("due_at", ASCENDING).limit(limit)
        ids = [document["_id"] for document in found]
        if not ids:
            return []
        claim = {"claimed_until": now + self._lease, "claimed_by": secrets.token_hex(8)}
        self._collection.update_many({"_id": {"$in": ids}, **wanted}, {"$set": claim})
        ours = {"_id": {"$in": ids}, "claimed_by": claim["claimed_by"]}
        return list(self._collection.find(ours).sort("due_at", ASCENDING))
