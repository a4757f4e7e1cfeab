"""Worlds over Apache Kafka: one broker, and three that keep what was acknowledged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest
from tests.shared.events.conftest import TOPIC, World

from ihala.events.event import Event
from ihala.events.rebuild import Reading, read_all
from ihala.mongo import Database, Document
from ihala.testing.kafka_cluster import KafkaCluster


@pytest.fixture(scope="session")
def one_broker() -> Iterator[KafkaCluster]:
    """One broker; its topics hold what other tests wrote."""
    cluster = KafkaCluster()
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def _three_brokers() -> Iterator[KafkaCluster]:
    cluster = KafkaCluster(3)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def three_brokers(_three_brokers: KafkaCluster) -> Iterator[KafkaCluster]:
    """Three brokers, all of them up and in sync before the test and after it."""
    yield _three_brokers
    _three_brokers.start_nodes(_three_brokers.nodes)
    _three_brokers.wait_in_sync()


@pytest.fixture
def world(database: Database[Document], one_broker: KafkaCluster) -> World:
    return World(database, one_broker)


@pytest.fixture
def wide_world(database: Database[Document], three_brokers: KafkaCluster) -> World:
    return World(database, three_brokers)


def assert_in_order(events: Iterable[Event], world: World) -> None:
    """Each thing's events came in their order: again perhaps, but none before the one before it."""
    highest: dict[str, int] = defaultdict(int)
    for event in events:
        if world.tag in event.subject:
            assert event.seq is not None
            assert event.seq <= highest[event.subject] + 1, f"{event.id} came too early"
            highest[event.subject] = max(highest[event.subject], event.seq)


def log_of(world: World, topic: str = TOPIC) -> list[Event]:
    """All valid events that a topic holds now."""
    events: list[Event] = []
    read_all(Reading(topic, world.kafka), events.extend)
    return events
