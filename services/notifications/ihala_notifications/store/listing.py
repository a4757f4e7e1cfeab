"""Lists of notifications: by what they are about, and inboxes. Newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ihala.clock import rfc3339
from ihala.errors import BadRequest
from ihala.mongo import DESCENDING, Collection, Document
from ihala_notifications.domain.notification import Notification
from ihala_notifications.store.documents import from_document

MOST_COUNTED = 1000
"""Unread messages are counted up to this many: a larger number tells a reader nothing more."""

Position = list[str]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may know of: what the keys open, what is protected only where that is set.

    ``everything`` is for operators: all but what is protected.
    """

    keys: frozenset[str]
    protected_too: bool = False
    everything: bool = False

    def as_filter(self) -> Document:
        """As MongoDB is asked for it."""
        seen: Document = {} if self.everything else {"audience": {"$in": sorted(self.keys)}}
        return seen if self.protected_too else {**seen, "protected": False}


class Listing:
    """Reads the notifications' collection for people."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def find(
        self, sight: Sight, wanted: Mapping[str, Any], after: Any, limit: int
    ) -> tuple[list[Notification], Position | None]:
        """What the caller may know of, newest first, and where the next page begins."""
        query = {**sight.as_filter(), **_wanted(wanted)}
        return self._page(query, "created_at", after, limit)

    def inbox(
        self, boxes: Iterable[str], sight: Sight, unread: bool, after: Any, limit: int
    ) -> tuple[list[Notification], Position | None]:
        """What lies in these inboxes, newest first."""
        return self._page(_in_boxes(boxes, sight, unread), "inbox_at", after, limit)

    def count_unread(self, boxes: Iterable[str], sight: Sight) -> int:
        """How many are not acknowledged; at most ``MOST_COUNTED``."""
        query = _in_boxes(boxes, sight, unread=True)
        return self._collection.count_documents(query, limit=MOST_COUNTED)

    def _page(
        self, query: Document, field: str, after: Any, limit: int
    ) -> tuple[list[Notification], Position | None]:
        if after is not None:
            query = {"$and": [query, _beyond(field, after)]}
        order = [(field, DESCENDING), ("_id", DESCENDING)]
        projection = {"history": 0}
        found = list(self._collection.find(query, projection).sort(order).limit(limit + 1))
        page = found[:limit]
        more = len(found) > limit
        position = [rfc3339(page[-1][field]), page[-1]["_id"]] if more else None
        return [from_document(document) for document in page], position


def _beyond(field: str, after: Any) -> Document:
    try:
        moment = datetime.fromisoformat(after[0]).astimezone(UTC)
        id_ = str(after[1])
    except (TypeError, ValueError, IndexError) as error:
        raise BadRequest("not a cursor of this list; start again without it") from error
    return {"$or": [{field: {"$lt": moment}}, {field: moment, "_id": {"$lt": id_}}]}


def _in_boxes(boxes: Iterable[str], sight: Sight, unread: bool) -> Document:
    query: Document = {"inbox_of": {"$in": sorted(boxes)}, "inbox_at": {"$exists": True}}
    if not sight.protected_too:
        query["protected"] = False
    if unread:
        query["acknowledged"] = {"$exists": False}
    return query


def _wanted(wanted: Mapping[str, Any]) -> Document:
    fields = {
        "referral_id": "cause.subject",
        "cause_event_id": "cause.event_id",
        "state": "messages.state",
        "template": "template",
    }
    query: Document = {fields[name]: wanted[name] for name in fields if wanted.get(name)}
    if facility := wanted.get("facility_id"):
        query["recipient.facility_id"] = facility
    return query
