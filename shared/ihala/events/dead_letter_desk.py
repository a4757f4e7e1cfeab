"""Reading dead letters: what came, from where, and why it could not be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import TopicPartition

from ihala.events.kafka import KafkaSettings
from ihala.events.topics import dead_letters_of


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record as it came, beside the reason; ``place`` names it within its service."""

    place: str
    at: datetime
    reason: str
    origin: str
    key: str
    headers: tuple[tuple[str, str], ...]
    value: str | None


def dead_letters(service: str, kafka: KafkaSettings) -> Iterator[DeadLetter]:
    """All dead letters that the service's topic still holds, by partition, oldest first."""
    topic = dead_letters_of(service)
    consumer = kafka.consumer(None)
    try:
        numbers = consumer.partitions_for_topic(topic) or ()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        for record in _records(consumer, partitions):
            yield _letter(record)
    finally:
        consumer.close()


def _records(consumer: Any, partitions: list[TopicPartition]) -> Iterator[Any]:
    """Every record before the ends as they are now."""
    if not partitions:
        return
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=200).values():
            yield from records


def _letter(record: Any) -> DeadLetter:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    origin = f"{headers.get('dl_topic')}[{headers.get('dl_partition')}]@{headers.get('dl_offset')}"
    return DeadLetter(
        place=f"{record.partition}:{record.offset}",
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        reason=headers.get("dl_reason", ""),
        origin=origin,
        key=_text(record.key) or "",
        headers=tuple((k, v) for k, v in headers.items() if not k.startswith("dl_")),
        value=_text(record.value),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
