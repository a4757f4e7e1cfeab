"""The history of facilities, whole: what the documents hold, and what was moved out of them.

A long-lived facility's events would fill its document. Those that were sent are copied, one
document each (``_id`` is the event's id, so copying twice is harmless), and only then removed.
"""

from __future__ import annotations

from typing import Any

from ihala.mongo import ASCENDING, DESCENDING, Database, Document, insert_new
from ihala_registry.store.facilities import LONG_HISTORY, FacilityStore

_KEPT_EVENTS = 50


class FacilityHistory:
    """Reads and trims histories."""

    def __init__(self, database: Database[Document], facilities: FacilityStore) -> None:
        self._older = database["facility_history"]
        self._facilities = facilities.collection

    def ensure_indexes(self) -> None:
        """Make the index that reading needs."""
        self._older.create_index([("facility_id", ASCENDING), ("seq", DESCENDING)], name="facility")

    def page(self, facility_id: str, limit: int, before_seq: int | None) -> list[Document]:
        """At most ``limit`` entries with a lower ``seq``, the newest first, without holes."""
        document = self._facilities.find_one({"_id": facility_id}, {"history": 1})
        entries = {entry["seq"]: entry for entry in document["history"]} if document else {}
        below: Document = {} if before_seq is None else {"seq": {"$lt": before_seq}}
        older = self._older.find({"facility_id": facility_id, **below}, {"_id": 0})
        for entry in older.sort("seq", DESCENDING).limit(limit):
            entries.setdefault(entry["seq"], entry)
        newest_first = sorted(entries, reverse=True)
        wanted = [seq for seq in newest_first if before_seq is None or seq < before_seq]
        return [entries[seq] for seq in wanted[:limit]]

    def trim(self, limit: int = 20) -> int:
        """Move old, sent events out of up to ``limit`` long documents; how many were trimmed."""
        long = {f"history.{LONG_HISTORY}": {"$exists": True}, "slot": {"$gte": 0}}
        wanted = {"history": 1, "seq": 1, "unsent": 1}
        found = self._facilities.find(long, wanted).limit(limit)
        return sum(self._trim(document) for document in found)

    def _trim(self, document: Document) -> int:
        last = min(document["seq"] - _KEPT_EVENTS, document.get("unsent", document["seq"] + 1) - 1)
        moving = [entry for entry in document["history"] if entry["seq"] <= last]
        if not moving:
            return 0
        self._copy(document["_id"], moving)
        sent = [{"unsent": {"$exists": False}}, {"unsent": {"$gt": last}}]
        done = self._facilities.update_one(
            {"_id": document["_id"], "$or": sent}, {"$pull": {"history": {"seq": {"$lte": last}}}}
        )
        return done.modified_count

    def _copy(self, facility_id: str, entries: list[Document]) -> None:
        copies: list[dict[str, Any]] = [
            {"_id": entry["id"], "facility_id": facility_id, **entry} for entry in entries
        ]
        insert_new(self._older, copies)
