"""Outlets: how the history of a collection reads on the topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ihala.events.contracts import check_sent
from ihala.events.envelope import MAX_EVENT_BYTES, Record, to_record
from ihala.events.event import Event
from ihala.events.history import HistoryCollection
from ihala.mongo import Document


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Where an event goes, and as what; ``data`` None is a tombstone."""

    topic: str
    key: str
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A collection of aggregates and how its history reads on the topics.

    ``outgoing`` takes the document and one entry of its history; an event of a compacted topic
    gets the document's public snapshot there. ``topics`` are all that it may name.
    """

    history: HistoryCollection
    source: str
    topics: frozenset[str]
    outgoing: Callable[[Document, Document], Outgoing]


def records_of(outlet: Outlet, document: Document) -> Iterator[tuple[str, Record]]:
    """The document's unsent events with their topics, in order, as the contracts want them."""
    for entry in document["history"]:
        if entry["seq"] < document["unsent"]:
            continue
        outgoing = outlet.outgoing(document, entry)
        event = _event(outlet.source, document["_id"], entry, outgoing)
        check_sent(event, outgoing.topic)
        record = to_record(event)
        if len(record.value or b"") > MAX_EVENT_BYTES:
            raise ValueError(f"event {event.id} is larger than a topic takes")
        yield outgoing.topic, record


def _event(source: str, subject: str, entry: Document, outgoing: Outgoing) -> Event:
    return Event(
        id=entry["id"],
        type=entry["type"],
        source=source,
        subject=subject,
        time=entry["time"],
        data=outgoing.data,
        key=outgoing.key,
        seq=entry["seq"],
        correlation_id=entry.get("correlation_id", ""),
        causation_id=entry.get("causation_id"),
        traceparent=entry.get("traceparent"),
    )
