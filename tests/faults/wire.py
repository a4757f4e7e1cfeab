"""What the topics hold, read from their beginning: which events of which key, in which order."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import TopicPartition

from ihala.events.envelope import Record, from_record
from ihala.events.kafka import KafkaSettings
from ihala.mongo import Document

_QUIET_POLLS = 5
"""After so many empty answers of half a second each, a topic is read to its end."""


@dataclass
class Wire:
    """By topic and key: the ``seq`` of every event in the order of the log, repeated ones too."""

    seqs: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    contents: dict[tuple[str, str, int], str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def add(self, topic: str, key: str, seq: int, content: str) -> None:
        """One record. What says something else than the one before it is noted."""
        self.seqs[topic, key].append(seq)
        before = self.contents.setdefault((topic, key, seq), content)
        if before != content:
            self.changed.append(f"event {key}:{seq} was sent with other contents on {topic}")

    @property
    def events(self) -> int:
        """How many different events."""
        return len(self.contents)

    @property
    def repeated(self) -> int:
        """How many records more than events."""
        return sum(map(len, self.seqs.values())) - self.events


def read(address: str, topics: Sequence[str]) -> Wire:
    """Read the topics from their beginning to their end."""
    consumer = KafkaSettings((address,), session_timeout_ms=2_000).consumer(None)
    wire, quiet = Wire(), 0
    try:
        _go_to_beginning(consumer, topics)
        while quiet < _QUIET_POLLS:
            batch = consumer.poll(timeout_ms=500)
            quiet = 0 if batch else quiet + 1
            for record in (record for records in batch.values() for record in records):
                _add(wire, record)
    finally:
        consumer.close()
    return wire


def _go_to_beginning(consumer: Any, topics: Sequence[str]) -> None:
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        for number in consumer.partitions_for_topic(topic) or ()
    ]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)


def _add(wire: Wire, record: Any) -> None:
    event = from_record(Record(record.key, record.value, record.headers))
    facts = {name: value for name, value in (event.data or {}).items() if name not in _SNAPSHOT}
    content = json.dumps([event.id, event.type, facts], sort_keys=True, default=str)
    wire.add(record.topic, event.key or "", event.seq or 0, content)


_SNAPSHOT = frozenset({"facility", "organisation", "snapshot_version"})
"""Beside an event of a compacted topic travels its subject as it is when the event is sent."""


def mistakes_of_wire(
    wire: Wire, topic: str, documents: Iterable[Document], *, kept_all: bool
) -> Iterable[str]:
    """Events of the documents that are missing on the topic, out of order, strange, or changed.

    A log that kept all must begin with the first event of each document; one whose broker came
    back empty begins with the oldest that the document itself still holds.
    """
    keys = {key for of, key in wire.seqs if of == topic}
    for document in documents:
        keys.discard(document["_id"])
        if not document["seq"]:
            continue
        oldest = 1 if kept_all else document["history"][0]["seq"]
        seqs = wire.seqs.get((topic, document["_id"]), [])
        yield from _out_of_order(topic, document, seqs, oldest)
    yield from (f"{topic} has events of {key}, which nobody knows" for key in sorted(keys))
    yield from (told for told in wire.changed if told.endswith(topic))


def _out_of_order(
    topic: str, document: Mapping[str, Any], seqs: Sequence[int], oldest: int
) -> Iterable[str]:
    first_seen = list(dict.fromkeys(seqs))
    begins = min(first_seen, default=1)
    if begins > oldest or first_seen != list(range(begins, document["seq"] + 1)):
        expected = f"{oldest} to {document['seq']}"
        yield f"{topic} has {first_seen} of {document['_id']}, not {expected}"
