"""The spans of events, when tracing is on: sent, polled, applied, parked and tried again.

As in metrics and logs, nothing tells of what is protected. Whoever has to do with a topic that is
not counted names neither topics nor types of events, and has one span for each trace of a batch,
not for each event: their number, less that in the metrics, would be that of the protected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ihala import tracing
from ihala.events.envelope import Record
from ihala.events.event import Event
from ihala.events.topics import is_counted

_OPERATION = "messaging.operation.type"
_DOES: Mapping[tracing.Kind, str] = {"PRODUCER": "send", "CONSUMER": "process"}


class Thread(NamedTuple):
    """Events that are one to a trace: those of one traceparent, and alike where that may be told.

    ``topic`` and ``type`` are empty where they may not.
    """

    traceparent: str
    topic: str = ""
    type: str = ""


class EventSpans:
    """The spans of one relay, or of one consumer group, that has to do with ``topics``.

    Each method does nothing while tracing is off. ``began_ns`` is in nanoseconds since 1970.
    """

    def __init__(self, topics: Iterable[str], group: str = "") -> None:
        self._tells = all(map(is_counted, topics))
        self._about = {"messaging.system": "kafka"}
        if group:
            self._about["messaging.consumer.group.name"] = group

    def threads_of(self, records: Iterable[tuple[str, Record]]) -> set[Thread]:
        """What records that are sent to these topics are traced as."""
        if tracing.spans is None:
            return set()
        told = ((topic, _headers(record)) for topic, record in records)
        return self._threads((topic, it["ce_type"], it.get("ce_traceparent")) for topic, it in told)

    def sent(self, threads: Iterable[Thread], began_ns: int) -> None:
        """They were handed to the broker then, and it has acknowledged them."""
        self._record("send", "PRODUCER", threads, began_ns)

    def polled(self, batch: Mapping[Any, Sequence[Any]], began_ns: int) -> None:
        """A poll that began then has brought these records: one span, linked to their traces."""
        spans = tracing.spans
        if spans is not None and batch:
            records = (record for some in batch.values() for record in some)
            links = {_headers(record).get("ce_traceparent", "") for record in records}
            opened = spans.begin("poll", "CONSUMER", None, links=links, began_ns=began_ns)
            opened.end({**self._about, _OPERATION: "receive"})

    def applied(self, by_topic: Mapping[str, Sequence[Event]], began_ns: int) -> None:
        """Events of a batch that was begun then have had their effect."""
        if tracing.spans is not None:
            told = ((topic, it) for topic, events in by_topic.items() for it in events)
            threads = self._threads((topic, it.type, it.traceparent) for topic, it in told)
            self._record("apply", "CONSUMER", threads, began_ns)

    def tried(self, name: str, topic: str, event: Event, began_ns: int, *, failed: bool) -> None:
        """One event was tried by itself: ``name`` says on which occasion."""
        if tracing.spans is not None:
            threads = self._threads([(topic, event.type, event.traceparent)])
            self._record(name, "CONSUMER", threads, began_ns, failed=failed)

    def _threads(self, told: Iterable[tuple[str, str, str | None]]) -> set[Thread]:
        return {
            Thread(traceparent, topic, type_) if self._tells else Thread(traceparent)
            for topic, type_, traceparent in told
            if traceparent
        }

    def _record(
        self,
        name: str,
        kind: tracing.Kind,
        threads: Iterable[Thread],
        began_ns: int,
        *,
        failed: bool = False,
    ) -> None:
        spans = tracing.spans
        if spans is None:
            return
        for thread in threads:
            opened = spans.begin(name, kind, thread.traceparent, began_ns=began_ns)
            opened.end({**self._about, **_names(thread), _OPERATION: _DOES[kind]}, failed=failed)


def _names(thread: Thread) -> dict[str, str]:
    names = {"messaging.destination.name": thread.topic, "cloudevents.event_type": thread.type}
    return {attribute: name for attribute, name in names.items() if name}


def _headers(record: Any) -> dict[str, str]:
    """The headers of a record, ours or anybody's: what is wrong with them is not said here."""
    return {name: (value or b"").decode(errors="replace") for name, value in record.headers}
