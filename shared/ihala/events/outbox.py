"""The outbox side of history: which documents have events to send, and which were sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ihala.clock import Clock, utc_now
from ihala.events.history import HistoryCollection
from ihala.mongo import ASCENDING, Document


@dataclass(frozen=True, slots=True)
class Sent:
    """What was acknowledged of one document: its events from ``first`` to ``last``.

    ``replays`` is how often the document had been replayed when it was read.
    """

    id: str
    first: int
    last: int
    replays: int | None = None


def unsent(history: HistoryCollection, slots: Mapping[str, int], limit: int) -> Iterator[Document]:
    """Documents with events to send, those that wait longest first, read as they are taken."""
    waiting = {"unsent": {"$exists": True}, "slot": slots, "stuck": {"$exists": False}}
    yield from history.collection.find(waiting).sort("unsent_at", ASCENDING).limit(limit)


def unsent_threads(document: Document) -> Iterator[str]:
    """The correlation ids of the document's unsent events."""
    for entry in document["history"]:
        if entry["seq"] >= document["unsent"] and "correlation_id" in entry:
            yield entry["correlation_id"]


def mark_sent(history: HistoryCollection, sent: Sequence[Sent], clock: Clock = utc_now) -> None:
    """Move ``unsent`` behind what was acknowledged, or drop it where nothing is left.

    Guarded by what was read: documents that got new events meanwhile keep those as unsent, and
    one that another relay has moved on already stays as that relay left it. What was replayed
    since it was read stays unsent: it may be that the log which acknowledged it is lost.
    """
    alike: dict[tuple[int, int, int | None], list[str]] = defaultdict(list)
    for document in sent:
        alike[document.first, document.last, document.replays].append(document.id)
    for (first, last, replays), ids in alike.items():
        here = {"_id": {"$in": ids}, "unsent": first, "replays": replays}
        done = history.collection.update_many(
            {**here, "seq": last}, {"$unset": {"unsent": "", "unsent_at": ""}}
        )
        if done.matched_count < len(ids):
            left = {"$set": {"unsent": last + 1, "unsent_at": clock()}}
            history.collection.update_many({**here, "seq": {"$gt": last}}, left)


def set_aside(history: HistoryCollection, id_: str, reason: str) -> None:
    """Keep one document's events back because they cannot be sent as they are; nothing else waits.

    ``replay`` brings them back, once what was wrong is mended.
    """
    history.collection.update_one({"_id": id_}, {"$set": {"stuck": reason[:500]}})


def replay(history: HistoryCollection, only: Mapping[str, Any] | None = None) -> int:
    """Mark all events that the documents still hold as unsent, oldest first; how many documents."""
    oldest = {"$arrayElemAt": ["$history", 0]}
    marked = history.collection.update_many(
        {"history.0": {"$exists": True}, **(only or {})},
        [
            {"$set": {"unsent": {"$getField": {"field": "seq", "input": oldest}}}},
            {"$set": {"unsent_at": {"$getField": {"field": "time", "input": oldest}}}},
            {"$set": {"replays": {"$add": [{"$ifNull": ["$replays", 0]}, 1]}}},
            {"$unset": "stuck"},
        ],
    )
    return marked.matched_count


def oldest_unsent(history: HistoryCollection) -> datetime | None:
    """Since when the oldest unsent event waits, or None when there is none."""
    waiting = {"unsent": {"$exists": True}}
    first = history.collection.find_one(waiting, {"unsent_at": 1}, sort=[("unsent_at", ASCENDING)])
    return first["unsent_at"] if first else None


def unsent_age_s(history: HistoryCollection, clock: Clock = utc_now) -> float:
    """The age in seconds of the oldest unsent event; 0 when there is none."""
    since = oldest_unsent(history)
    return max(0.0, (clock() - since).total_seconds()) if since else 0.0
