"""A small world for the event library: one collection of aggregates, a relay and consumers."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ihala.caller import Caller
from ihala.events.consumer import Consumer
from ihala.events.effect import Effect
from ihala.events.event import Event, Happened
from ihala.events.history import HistoryCollection
from ihala.events.kafka import KafkaSettings
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.relay import Relay
from ihala.mongo import Database, Document
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.parts import Broker
from ihala.worker import Task

TOPIC = "referrals.events"
SOMEBODY = Caller("somebody", correlation_id="thread-1")


def happened(name: str = "created", **data: Any) -> Happened:
    """An event that is valid on TOPIC."""
    base = {
        "referral_id": "ref_1",
        "code": "7K3Q-2",
        "kind": "medical",
        "priority": "urgent",
        "service_code": "dialysis",
        "from_facility_id": "fac_1",
        "requested_by": "somebody",
        "status": "active",
    }
    return Happened(f"referral.{name}", {**base, **data})


@dataclass
class Seen:
    """An effect that remembers what it was given, and fails where it is told to."""

    events: list[Event]
    fails: Callable[[Event], bool] = lambda _: False

    def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            if self.fails(event):
                raise ValueError(f"cannot apply {event.id}")
            self.events.append(event)

    @property
    def ids(self) -> list[str]:
        """The ids in the order of arrival."""
        return [event.id for event in self.events]


@contextmanager
def running(*tasks: Task) -> Iterator[None]:
    """The tasks in threads of their own; an error in one of them fails the test."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def guarded(task: Task) -> None:
        try:
            task.run(stop)
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(task,), name=task.name) for task in tasks]
    with ExitStack() as stack:
        for thread in threads:
            thread.start()
            stack.callback(thread.join, 20)
        stack.callback(stop.set)
        yield
    assert not errors


class World:
    """One service's collection, and others that listen to it."""

    def __init__(self, database: Database[Document], broker: Broker | KafkaCluster) -> None:
        self.database = database
        self.broker = broker
        servers = tuple(broker.address.split(","))
        self.kafka = KafkaSettings(servers, session_timeout_ms=2_000)
        self.history = HistoryCollection(database["things"])
        self.history.ensure_indexes()
        self.tag = secrets.token_hex(4)

    def relay(self, slot: int = 0, slots: int = 1) -> Relay:
        outlet = Outlet(self.history, "ihala/test", frozenset({TOPIC}), self._outgoing)
        return Relay([outlet], self.kafka, self.database, slot, slots)

    def _outgoing(self, document: Document, entry: Document) -> Outgoing:
        return Outgoing(TOPIC, document["_id"], entry["data"])

    def consumer(self, effect: Effect, topic: str = TOPIC, group: str = "") -> Consumer:
        name = group or f"group-{self.tag}-{secrets.token_hex(2)}"
        return Consumer("referrals", name, {topic: effect}, self.kafka, self.database)

    def create(self, number: int, events: int = 1) -> str:
        """A thing with so many events; its id belongs to this test alone."""
        id_ = f"thing-{self.tag}-{number:05d}"
        self.history.create(id_, {"state": 0}, [happened() for _ in range(events)], SOMEBODY)
        return id_

    def mine(self, seen: Seen) -> list[str]:
        """The ids of this test's events that were seen, in order."""
        return [id_ for id_ in seen.ids if self.tag in id_]

    def expected(self, things: int, events: int = 1) -> set[str]:
        return {
            f"thing-{self.tag}-{number:05d}:{seq}"
            for number in range(things)
            for seq in range(1, events + 1)
        }


@pytest.fixture
def world(database: Database[Document], broker: Broker) -> World:
    return World(database, broker)


@pytest.fixture
def own_world(database: Database[Document], own_broker: Broker) -> World:
    return World(database, own_broker)
