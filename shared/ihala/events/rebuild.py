"""Rebuilding a projection from its topic, beside the one that is read; nothing stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafka import TopicPartition

from ihala.events.contracts import InvalidEvent, check_received
from ihala.events.envelope import Record, Unreadable, from_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.projection import Projection

Apply = Callable[[Sequence[Event]], None]
Progress = Callable[[int, int], None]
"""Called with how many records were read, and how many there are to read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A topic that is read from its beginning to where it ends when reading starts."""

    topic: str
    kafka: KafkaSettings
    progress: Progress = lambda *_: None


def rebuild(
    projection: Projection, topic: str, kafka: KafkaSettings, progress: Progress = lambda *_: None
) -> int:
    """Read the whole topic into a new view, then make that the current one.

    What arrives meanwhile flows into both views. Returns how many events were applied. When it
    breaks off, the old view stays current, and the next rebuild starts anew.
    """
    building = projection.start_building()
    applied = read_all(Reading(topic, kafka, progress), partial(projection.apply_to, building))
    projection.swap()
    return applied


def read_all(reading: Reading, apply: Apply) -> int:
    """Apply every valid event of the topic, in batches; how many there were."""
    consumer = reading.kafka.consumer(None)
    try:
        ends = _assign_all(consumer, reading.topic)
        return _read_to(consumer, ends, apply, reading.progress)
    finally:
        consumer.close()


def _assign_all(consumer: Any, topic: str) -> dict[TopicPartition, int]:
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    return ends


def _read_to(
    consumer: Any,
    ends: dict[TopicPartition, int],
    apply: Apply,
    progress: Progress,
) -> int:
    """Apply everything before ``ends``; records are read in order, so positions say when it is.

    An end is corrected by the first answer to a fetch, where the broker reported it too low.
    """
    begins = {partition: consumer.position(partition) for partition in ends}
    uncorrected = set(ends)
    applied = 0
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        batch = consumer.poll(timeout_ms=200)
        for partition in uncorrected & set(batch):
            ends[partition] = max(ends[partition], consumer.highwater(partition) or 0)
            uncorrected.discard(partition)
        events = [event for records in batch.values() for event in _events(records)]
        apply(events)
        applied += len(events)
        total = sum(end - begins[partition] for partition, end in ends.items())
        read = sum(consumer.position(partition) - begins[partition] for partition in ends)
        progress(min(read, total), total)
    return applied


def _events(records: Sequence[Any]) -> list[Event]:
    """The valid events among the records; the others went to dead letters when they came first."""
    events = []
    for record in records:
        try:
            event = from_record(Record(record.key, record.value, record.headers))
            if check_received(event, record.topic):
                events.append(event)
        except (Unreadable, InvalidEvent):
            continue
    return events
