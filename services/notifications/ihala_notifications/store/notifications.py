"""The notifications: made in bulk, claimed when due, changed one guarded write at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ihala.caller import Caller
from ihala.clock import Clock, utc_now
from ihala.due import DueWork
from ihala.events.event import Happened
from ihala.events.history import HistoryCollection
from ihala.mongo import ASCENDING, DESCENDING, Collection, Document
from ihala_notifications.domain.notification import Notification, events_between
from ihala_notifications.store.documents import (
    CHANGING,
    changing_fields,
    from_document,
    to_document,
)

CLAIM_S = 15.0
"""How long a worker that took a notification may leave it untouched. A short claim does no harm:
the write that precedes every send is guarded, so a second worker only finds that it came too late.
"""


_AT_REST = {"unsent": {"$exists": False}, "due_at": {"$exists": False}}


@dataclass(frozen=True, slots=True)
class Kept:
    """A notification as stored: ``document`` has the version that the next write names."""

    notification: Notification
    document: Mapping[str, Any]


class NotificationStore:
    """Notifications with their messages; each write is one document with the events it caused."""

    def __init__(self, collection: Collection[Document], clock: Clock = utc_now) -> None:
        self.history = HistoryCollection(collection, clock)
        self._collection = collection
        self._clock = clock
        self._due = DueWork(collection, clock, lease_s=CLAIM_S)

    def ensure_indexes(self) -> None:
        """Make the indexes of sending, listing and inboxes; safe at every start."""
        self.history.ensure_indexes()
        self._due.ensure_indexes()
        newest = ("created_at", DESCENDING), ("_id", DESCENDING)
        self._collection.create_index([("audience", ASCENDING), *newest], name="audience")
        self._collection.create_index([("cause.subject", ASCENDING), *newest], name="subject")
        self._collection.create_index(list(newest), name="newest")
        self._collection.create_index(
            [("inbox_of", ASCENDING), ("inbox_at", DESCENDING), ("_id", DESCENDING)],
            partialFilterExpression={"inbox_at": {"$exists": True}},
            name="inbox",
        )

    def add(self, notifications: Sequence[Notification], by: Mapping[str, Caller]) -> list[Kept]:
        """Store those that are new, in one bulk write, claimed by us; give back only the new ones.

        One that is there already came from the same event before: it stays as it is. ``by`` is the
        thread (correlation) of each, by its id.
        """
        if not notifications:
            return []
        until = self._clock() + timedelta(seconds=CLAIM_S)
        documents = {n.id: self._new(n, by[n.id], until) for n in notifications}
        known = self.history.create_many(list(documents.values()))
        return [Kept(n, documents[n.id]) for n in notifications if n.id not in known]

    def _new(self, notification: Notification, by: Caller, claimed_until: datetime) -> Document:
        state = to_document(notification)
        state["thread"] = {"correlation_id": by.correlation_id, "traceparent": by.traceparent}
        if notification.due_at is not None:
            state["claimed_until"] = claimed_until
        return self.history.new(notification.id, state, events_between((), notification), by)

    def claim_due(self, limit: int) -> list[Kept]:
        """Notifications with messages that are due, claimed for a few seconds."""
        return [Kept(from_document(found), found) for found in self._due.claim(limit)]

    def drop_made_before(self, moment: datetime, limit: int) -> int:
        """Remove up to ``limit`` notifications of before, all sent and nothing due; how many.

        An event that is sent again later makes them anew, but then it is too late to tell anybody.
        """
        over: Document = {"created_at": {"$lt": moment}, **_AT_REST}
        oldest = [("created_at", ASCENDING), ("_id", ASCENDING)]
        found = self._collection.find(over, {"_id": 1}).sort(oldest).limit(limit)
        ids = [document["_id"] for document in found]
        return self._collection.delete_many({"_id": {"$in": ids}, **over}).deleted_count

    def get(self, id_: str) -> Kept | None:
        """The notification as it stands, or None."""
        found = self.history.get(id_)
        return Kept(from_document(found), found) if found else None

    def change(
        self, before: Kept, after: Notification, by: Caller, more: Sequence[Happened] = ()
    ) -> Kept:
        """Save what changed, with its events, in one write guarded by the version that was read.

        Raises LostRace when somebody else changed it meanwhile: then nothing is written.
        """
        changes = changing_fields(after)
        gone = [*(CHANGING - changes.keys())]
        if after.due_at is None or after.due_at > self._clock():
            gone.append("claimed_until")
        events = [*events_between(before.notification.messages, after), *more]
        saved = self.history.save(before.document, changes, events, by, unset=gone)
        return Kept(after, saved)

    def thread_of(self, kept: Kept) -> Caller:
        """Our machinery, on the thread of the event that made the notification."""
        thread = kept.document.get("thread", {})
        return replace(
            Caller("system:notifications"),
            correlation_id=thread.get("correlation_id", ""),
            traceparent=thread.get("traceparent"),
            causation_id=kept.notification.cause.event_id,
        )
