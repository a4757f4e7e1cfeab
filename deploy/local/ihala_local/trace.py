"""Every event that the services told one another, read from the topics themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import TopicPartition
from rich.table import Table

from ihala.clock import utc_now
from ihala.events.envelope import Record, from_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.topics import TOPICS
from ihala.testing.waiting import wait_for
from ihala_local.screen import console


@dataclass(frozen=True)
class Told:
    """An event and the topic it was told on."""

    topic: str
    event: Event


class Trace:
    """Reads all topics: what happens after it was made, or ``from_start`` all that they hold.

    It belongs to no group and commits nothing.
    """

    def __init__(self, address: str, *, from_start: bool = False) -> None:
        self._consumer = KafkaSettings((address,), session_timeout_ms=2000).consumer(None)
        partitions = [
            TopicPartition(topic, number)
            for topic in TOPICS
            for number in self._consumer.partitions_for_topic(topic) or ()
        ]
        self._consumer.assign(partitions)
        seek = self._consumer.seek_to_beginning if from_start else self._consumer.seek_to_end
        seek(*partitions)
        for partition in partitions:
            self._consumer.position(partition)
        self._begun = datetime.min.replace(tzinfo=UTC) if from_start else utc_now()
        self.told: list[Told] = []

    def wait_for(self, seen: Callable[[Event], bool], *, what: str) -> Event:
        """The first event, since the beginning, that ``seen`` is true of."""
        return wait_for(lambda: self._find(seen), deadline_s=30, what=what, every_s=0)

    def _find(self, seen: Callable[[Event], bool]) -> Event | None:
        self._read()
        return next((told.event for told in self.told if seen(told.event)), None)

    def _read(self) -> None:
        for records in self._consumer.poll(timeout_ms=100).values():
            told = (Told(record.topic, _event(record)) for record in records)
            self.told += [one for one in told if one.event.time >= self._begun]

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def show(self) -> None:
        """Print what was told, in the order of time."""
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
        for column in ("time", "topic", "event", "its subject, and which event of it", "read by"):
            table.add_column(column)
        for told in sorted(self.told, key=_in_time):
            event = told.event
            moment = event.time.astimezone().strftime("%H:%M:%S.%f")[:-3]
            readers = _readers(told.topic)
            table.add_row(moment, told.topic, event.type, f"{event.subject} {event.seq}", readers)
        console.print(table)


def _in_time(told: Told) -> tuple[datetime, int]:
    return told.event.time, told.event.seq or 0


def _event(record: Any) -> Event:
    return from_record(Record(record.key, record.value, record.headers))


def _readers(topic: str) -> str:
    readers = TOPICS[topic].readers
    return "everyone" if readers == ("all",) else ", ".join(readers)
