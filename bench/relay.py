"""The relay against kafka-python's bare producer: the same events, the same broker, in one run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from tempfile import TemporaryFile

from bench.measure import Measure, Question

from ihala.caller import Caller
from ihala.events.contracts import CONTRACTS
from ihala.events.envelope import Record
from ihala.events.event import Happened
from ihala.events.history import HistoryCollection
from ihala.events.kafka import KafkaSettings
from ihala.events.outbox import replay
from ihala.events.outlet import Outgoing, Outlet, records_of
from ihala.events.relay import Relay
from ihala.logs import configure
from ihala.mongo import Database, Document

TOPIC = "referrals.events"
QUESTION = Question("relay", "kafka-python's bare producer", "events/s", at_least=0.6)


@contextmanager
def sides(
    database: Database[Document], kafka: KafkaSettings, events: int
) -> Iterator[tuple[Measure, Measure]]:
    """Events per second of both; the documents have one unsent event each, the dearest case."""
    history = HistoryCollection(database["things"])
    history.ensure_indexes()
    _fill(history, events)
    outlet = Outlet(history, "ihala/bench", frozenset({TOPIC}), _outgoing)
    relay = Relay([outlet], kafka, database)
    with _logging():
        relay.step()
    records = _records(outlet, events)
    producer = kafka.producer()

    def ours() -> float:
        replay(history)
        started = time.perf_counter()
        with _logging():
            while relay.step():
                pass
        return events / (time.perf_counter() - started)

    def bare() -> float:
        started = time.perf_counter()
        for record in records:
            producer.send(TOPIC, value=record.value, key=record.key, headers=record.headers)
        producer.flush()
        return events / (time.perf_counter() - started)

    try:
        yield ours, bare
    finally:
        producer.close()
        relay.close()


@contextmanager
def _logging() -> Iterator[None]:
    """Make and write log lines as a worker does, but into a file instead of between the figures."""
    configure("bench", "relay")
    terminal = os.dup(2)
    with TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _fill(history: HistoryCollection, documents: int) -> None:
    example = dict(CONTRACTS["referral.accepted", 1].example)
    for number in range(documents):
        id_ = f"ref_{number:026d}"
        event = Happened("referral.accepted", {**example, "referral_id": id_})
        by = Caller("bench", correlation_id=f"{number:032x}")
        history.create(id_, {"private": b"x" * 600}, [event], by)


def _outgoing(document: Document, entry: Document) -> Outgoing:
    return Outgoing(TOPIC, document["_id"], entry["data"])


def _records(outlet: Outlet, count: int) -> list[Record]:
    def all_of_them() -> Iterator[Record]:
        for document in outlet.history.collection.find().limit(count):
            for _, record in records_of(outlet, {**document, "unsent": 1}):
                yield record

    return list(islice(all_of_them(), count))
