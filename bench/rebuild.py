"""A projection's rebuild against a bare poll, JSON decode and bulk upsert of the same topic."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.measure import Measure, Question

from ihala.clock import utc_now
from ihala.events.contracts import CONTRACTS
from ihala.events.envelope import to_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.projection import Projection
from ihala.events.rebuild import Reading, read_all
from ihala.mongo import Database, Document, UpdateOne

TOPIC = "registry.facilities"
QUESTION = Question(
    "projection rebuild", "bare poll, JSON decode and bulk upsert", "events/s", at_least=0.7
)


@contextmanager
def sides(
    database: Database[Document], kafka: KafkaSettings, events: int
) -> Iterator[tuple[Measure, Measure]]:
    """Events per second of both, reading the topic from its beginning into an empty collection.

    The time that a rebuild waits for other processes to notice it is not work, and not counted.
    """
    _publish(kafka, events)
    projection = Projection(database, "facts", _document_of)

    def ours() -> float:
        database.drop_collection("ours")
        started = time.perf_counter()
        applied = read_all(Reading(TOPIC, kafka), lambda some: projection.apply_to("ours", some))
        return applied / (time.perf_counter() - started)

    def bare() -> float:
        database.drop_collection("bare")
        started = time.perf_counter()
        _bare_read(kafka, events, database)
        return events / (time.perf_counter() - started)

    yield ours, bare


def _publish(kafka: KafkaSettings, events: int) -> None:
    example = dict(CONTRACTS["facility.changed", 1].example)
    producer = kafka.producer()
    for number in range(events):
        id_ = f"fac_{number % (events // 2):026d}"
        data = {**example, "facility": {**example["facility"], "id": id_}}
        event = Event(
            f"{id_}:{number}", "facility.changed", "bench", id_, utc_now(), data, id_, number + 1
        )
        record = to_record(event)
        producer.send(TOPIC, value=record.value, key=record.key, headers=record.headers)
    producer.flush()
    producer.close()


def _document_of(event: Event) -> Document:
    data = event.data or {}
    return {"_id": event.subject, "seq": event.seq, "facility": data["facility"]}


def _bare_read(kafka: KafkaSettings, events: int, database: Database[Document]) -> None:
    consumer: Any = kafka.consumer(None)
    consumer.subscribe([TOPIC])
    read = 0
    while read < events:
        records = [record for some in consumer.poll(timeout_ms=200).values() for record in some]
        read += len(records)
        if records:
            database["bare"].bulk_write([_upsert(record) for record in records], ordered=False)
    consumer.close()


def _upsert(record: Any) -> UpdateOne:
    data = json.loads(record.value)
    id_ = record.key.decode()
    return UpdateOne({"_id": id_}, {"$set": {"facility": data["facility"]}}, upsert=True)
