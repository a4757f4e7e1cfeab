"""Logs that are not what they were: cut short by a power cut, or deleted and made anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from tests.kafka.conftest import log_of
from tests.shared.events.conftest import SOMEBODY, TOPIC, Seen, World, happened, running

from ihala.events.event import Event
from ihala.events.topic_admin import create_topics
from ihala.events.topics import TOPICS
from ihala.mongo import Database, Document
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.waiting import wait_for

pytestmark = pytest.mark.kafka


@pytest.fixture
def own_kafka() -> Iterator[KafkaCluster]:
    """A broker for this test alone, which keeps its disk when it is killed."""
    cluster = KafkaCluster()
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def lonely_world(database: Database[Document], own_kafka: KafkaCluster) -> World:
    return World(database, own_kafka)


@dataclass
class Held(Seen):
    """An effect that can be made to wait, as if the database did not answer."""

    free: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    def apply(self, events: Sequence[Event]) -> None:
        if not self.free.is_set():
            self.waiting.set()
        assert self.free.wait(60)
        super().apply(events)


def go_on(world: World, id_: str) -> None:
    """Something more happens to a thing."""
    before = world.history.get(id_)
    assert before is not None
    world.history.save(before, {}, [happened("sent")], SOMEBODY)


def delete_topic(cluster: KafkaCluster) -> None:
    admin = cluster.admin()
    admin.delete_topics([TOPIC])
    admin.close()


def make_topic(cluster: KafkaCluster) -> None:
    admin = cluster.admin()
    wait_for(lambda: create_topics(admin, cluster.layout, [TOPICS[TOPIC]]), deadline_s=20)
    admin.close()


def test_a_topic_made_anew_gets_everything_again(
    lonely_world: World, own_kafka: KafkaCluster
) -> None:
    """Without anybody's help; a consumer that goes on all the while misses nothing."""
    world, seen, late = lonely_world, Seen([]), Seen([])
    ids = [world.create(number) for number in range(100)]

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: set(world.mine(seen)) == world.expected(100), deadline_s=30)
        delete_topic(own_kafka)
        for id_ in ids[:50]:
            go_on(world, id_)
        make_topic(own_kafka)
        expected = world.expected(100) | world.expected(50, 2)
        wait_for(lambda: set(world.mine(seen)) == expected, deadline_s=25)
        with running(world.consumer(late)):
            wait_for(lambda: set(world.mine(late)) == expected, deadline_s=30)


def test_a_consumer_that_was_busy_meanwhile_reads_the_new_topic_from_its_beginning(
    lonely_world: World, own_kafka: KafkaCluster
) -> None:
    """Its place in the old topic means nothing in the new one, which is longer by now."""
    world, held = lonely_world, Held([])
    ids = [world.create(number) for number in range(50)]

    with running(world.relay(), world.consumer(held)):
        held.free.set()
        wait_for(lambda: set(world.mine(held)) == world.expected(50), deadline_s=30)
        held.free.clear()
        world.create(50)
        assert held.waiting.wait(30)
        delete_topic(own_kafka)
        make_topic(own_kafka)
        for id_ in ids:
            go_on(world, id_)
        for number in range(51, 150):
            world.create(number)
        expected = world.expected(150) | world.expected(50, 2)
        wait_for(lambda: {it.id for it in log_of(world)} >= expected, deadline_s=25)
        held.free.set()
        wait_for(lambda: set(world.mine(held)) >= expected, deadline_s=25)


def test_what_a_power_cut_took_from_the_log_is_sent_again(
    lonely_world: World, own_kafka: KafkaCluster
) -> None:
    """The end of the log was never on the disk: same topic, shorter than what was acknowledged."""
    world, seen, late = lonely_world, Seen([]), Seen([])
    for number in range(300):
        world.create(number)

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: set(world.mine(seen)) == world.expected(300), deadline_s=30)
        own_kafka.kill()
        cut_short(own_kafka)
        own_kafka.start()
        with running(world.consumer(late)):
            wait_for(lambda: set(world.mine(late)) == world.expected(300), deadline_s=25)


def test_a_consumer_that_had_read_what_was_cut_off_reads_what_came_instead(
    lonely_world: World, own_kafka: KafkaCluster
) -> None:
    """Its place lies behind the end of the shortened log, or among other records by now."""
    world, seen = lonely_world, Seen([])
    ids = [world.create(number) for number in range(100)]
    group = f"group-{world.tag}"
    with running(world.relay(), world.consumer(seen, group=group)):
        wait_for(lambda: set(world.mine(seen)) == world.expected(100), deadline_s=30)
    own_kafka.kill()
    cut_short(own_kafka)
    own_kafka.start()
    for id_ in ids:
        go_on(world, id_)
    expected = world.expected(100, 2)

    with running(world.relay()):
        wait_for(lambda: {it.id for it in log_of(world)} >= expected, deadline_s=25)
        with running(world.consumer(seen, group=group)):
            wait_for(lambda: set(world.mine(seen)) == expected, deadline_s=25)


def cut_short(cluster: KafkaCluster) -> None:
    """Take the second half of what the dead broker's disk holds of the topic."""
    for log in cluster.node(1).data.glob(f"{TOPIC}-*/*.log"):
        with log.open("r+b") as file:
            file.truncate(log.stat().st_size // 2)
