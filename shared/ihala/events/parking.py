"""Parking: an event that fails waits, later events of its key queue behind it, others flow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ihala.clock import Clock, utc_now
from ihala.events.event import Event
from ihala.metrics import PARKED, PARKED_KEYS, PARKED_OLDEST_S
from ihala.mongo import ASCENDING, Database, Document, DuplicateKeyError

_RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(days=1),
)
_CLAIM = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Parked:
    """The head of one key's queue, claimed by us."""

    id: str
    topic: str
    key: str
    event: Event
    attempts: int


class Parking:
    """The parked events of one consumer group.

    The head of a key's queue is its event with the lowest ``ord``. Only heads are tried again, so
    the events of a key are applied in the order in which they came.
    """

    def __init__(self, database: Database[Document], group: str, clock: Clock = utc_now) -> None:
        self.collection = database["parked"]
        self._group = group
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Make the index that queues are read by."""
        self.collection.create_index([("group", 1), ("key", 1), ("ord", 1)], name="queue")

    def blocked(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys whose earlier events are parked."""
        found = self.collection.find({"group": self._group, "key": {"$in": list(keys)}}, {"key": 1})
        return {document["key"] for document in found}

    def park(self, topic: str, event: Event, error: str, attempts: int) -> None:
        """Set an event aside at the end of its key's queue; parking it again changes nothing.

        ``attempts`` counts the rounds in which it failed; 0 for one that only waits for others.
        """
        now = self._clock()
        document = {
            "_id": f"{self._group}:{event.id}",
            "group": self._group,
            "topic": topic,
            "key": event.key,
            "ord": time.time_ns(),
            "event": _document_of(event),
            "error": error[:2000],
            "attempts": attempts,
            "due": now + (_RETRY_AFTER[0] if attempts else timedelta()),
            "parked_at": now,
        }
        try:
            self.collection.insert_one(document)
        except DuplicateKeyError:
            return

    def claim_due(self, limit: int = 100) -> list[Parked]:
        """Heads whose time has come, now ours for a minute."""
        now = self._clock()
        heads = self.collection.aggregate(
            [
                {"$match": {"group": self._group}},
                {"$sort": {"group": ASCENDING, "key": ASCENDING, "ord": ASCENDING}},
                {"$group": {"_id": "$key", "head": {"$first": "$$ROOT"}}},
                {"$match": {"head.due": {"$lte": now}}},
                {"$limit": limit},
            ]
        )
        return [parked for head in heads if (parked := self._claimed(head["head"], now))]

    def _claimed(self, head: Document, now: datetime) -> Parked | None:
        won = self.collection.update_one(
            {"_id": head["_id"], "due": head["due"]}, {"$set": {"due": now + _CLAIM}}
        )
        if not won.modified_count:
            return None
        event = event_of(head["event"])
        return Parked(head["_id"], head["topic"], head["key"], event, head["attempts"])

    def applied(self, parked: Parked) -> None:
        """The event was applied: the next one of its key is due at once."""
        self.collection.delete_one({"_id": parked.id})
        self._make_head_due(parked.key)

    def failed(self, parked: Parked, error: str) -> None:
        """The event failed again: it waits longer."""
        wait = _RETRY_AFTER[min(parked.attempts, len(_RETRY_AFTER) - 1)]
        changes = {"error": error[:2000], "due": self._clock() + wait}
        self.collection.update_one({"_id": parked.id}, {"$set": changes, "$inc": {"attempts": 1}})

    def _make_head_due(self, key: str) -> None:
        self.collection.find_one_and_update(
            {"group": self._group, "key": key},
            {"$set": {"due": self._clock()}},
            sort=[("ord", ASCENDING)],
        )

    def measure(self) -> int:
        """Set the gauges; how many events are parked."""
        count = self.collection.count_documents({"group": self._group})
        PARKED.labels(self._group).set(count)
        if not count:
            PARKED_KEYS.labels(self._group).set(0)
            PARKED_OLDEST_S.labels(self._group).set(0)
            return 0
        keys = self.collection.distinct("key", {"group": self._group})
        PARKED_KEYS.labels(self._group).set(len(keys))
        oldest = self.collection.find_one({"group": self._group}, sort=[("parked_at", ASCENDING)])
        if oldest is not None:
            age_s = (self._clock() - oldest["parked_at"]).total_seconds()
            PARKED_OLDEST_S.labels(self._group).set(age_s)
        return count


class ParkingDesk:
    """What an operator may do with parked events; every act needs a reason and is kept for good."""

    def __init__(self, database: Database[Document], clock: Clock = utc_now) -> None:
        self.collection = database["parked"]
        self._audit = database["parked_audit"]
        self._clock = clock

    def listed(self, group: str | None = None) -> list[Document]:
        """All parked events, each key's queue in its order."""
        only = {"group": group} if group else {}
        order = [("group", ASCENDING), ("key", ASCENDING), ("ord", ASCENDING)]
        return list(self.collection.find(only).sort(order))

    def get(self, id_: str) -> Document | None:
        """One parked event, whole."""
        return self.collection.find_one({"_id": id_})

    def retry(self, id_: str, by: str, reason: str) -> bool:
        """Make it due now; False when it is not parked (any more)."""
        return self._act(id_, "retry", by, reason, {"$set": {"due": self._clock()}})

    def edit(self, id_: str, data: dict[str, Any], by: str, reason: str) -> bool:
        """Replace its data and make it due now; what it was is kept in the audit."""
        return self._act(
            id_, "edit", by, reason, {"$set": {"event.data": data, "due": self._clock()}}
        )

    def skip(self, id_: str, by: str, reason: str) -> bool:
        """Give it up: the next event of its key is due at once. The event is kept in the audit."""
        before = self.collection.find_one({"_id": id_})
        if before is None:
            return False
        self._note(before, "skip", by, reason)
        self.collection.delete_one({"_id": id_})
        self.collection.find_one_and_update(
            {"group": before["group"], "key": before["key"]},
            {"$set": {"due": self._clock()}},
            sort=[("ord", ASCENDING)],
        )
        return True

    def _act(self, id_: str, act: str, by: str, reason: str, update: Document) -> bool:
        before = self.collection.find_one({"_id": id_})
        if before is None:
            return False
        self._note(before, act, by, reason)
        return bool(self.collection.update_one({"_id": id_}, update).matched_count)

    def _note(self, before: Document, act: str, by: str, reason: str) -> None:
        if not reason.strip():
            raise ValueError("a reason is needed")
        self._audit.insert_one(
            {"parked": before, "act": act, "by": by, "reason": reason, "at": self._clock()}
        )


def _document_of(event: Event) -> Document:
    return {name: getattr(event, name) for name in Event.__dataclass_fields__}


def event_of(document: Document) -> Event:
    """The event as it was parked, or as an operator has mended it."""
    return Event(**document)
