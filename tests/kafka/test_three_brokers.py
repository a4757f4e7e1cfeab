"""Three brokers: what a broker's death, or two, does to the road of an event. Nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest
from kafka.admin import ConfigResource
from tests.kafka.conftest import assert_in_order, log_of
from tests.shared.events.conftest import SOMEBODY, TOPIC, Seen, World, happened, running

from ihala.events.outbox import unsent_age_s
from ihala.events.topic_admin import differences
from ihala.metrics import REPLAYS
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.waiting import wait_for

pytestmark = pytest.mark.kafka


@contextmanager
def writing(world: World) -> Iterator[list[str]]:
    """Somebody makes things of three events each, all the while; their ids."""
    stop, ids = threading.Event(), list[str]()

    def write() -> None:
        while not stop.wait(0.01):
            id_ = world.create(len(ids), events=2)
            document = world.history.get(id_)
            assert document is not None
            world.history.save(document, {}, [happened("sent")], SOMEBODY)
            ids.append(id_)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield ids
    finally:
        stop.set()
        writer.join(10)


def all_of(ids: list[str], events: int = 3) -> set[str]:
    return {f"{id_}:{seq}" for id_ in ids for seq in range(1, events + 1)}


def test_a_killed_leader_costs_no_event_and_no_order(
    wide_world: World, three_brokers: KafkaCluster
) -> None:
    """Each partition's leader in turn is killed while it is written to, and comes back."""
    world, seen = wide_world, Seen([])
    replays = REPLAYS.labels(TOPIC)._value.get()

    with running(world.relay(), world.consumer(seen)):
        with writing(world) as ids:
            for partition in range(3):
                wait_for(partial(has_seen, world, seen, list(ids)), deadline_s=60)
                leader = three_brokers.leader(TOPIC, partition)
                leader.kill()
                wait_for(partial(has_grown, ids, len(ids) + 50), deadline_s=30)
                three_brokers.start_nodes([leader])
                three_brokers.wait_in_sync()
        wait_for(lambda: set(world.mine(seen)) == all_of(ids), deadline_s=60)

    assert_in_order(seen.events, world)
    assert_in_order(log_of(world), world)
    assert REPLAYS.labels(TOPIC)._value.get() == replays


def has_seen(world: World, seen: Seen, ids: list[str]) -> bool:
    return set(world.mine(seen)) >= all_of(ids)


def has_grown(ids: list[str], length: int) -> bool:
    return len(ids) >= length


def test_the_topics_are_kept_three_times(three_brokers: KafkaCluster) -> None:
    with closing(three_brokers.admin()) as admin:
        assert differences(admin, three_brokers.layout) == []


def test_with_two_of_three_dead_the_relay_waits_and_says_so(
    wide_world: World, three_brokers: KafkaCluster
) -> None:
    """Writers go on; what waits is sent when the brokers are back."""
    world, seen, relay = wide_world, Seen([]), wide_world.relay()

    with running(relay, world.consumer(seen)), writing(world) as ids:
        wait_for(lambda: world.mine(seen), deadline_s=30)
        for node in three_brokers.nodes[:2]:
            node.kill()
        wait_for(lambda: relay.waiting_for, deadline_s=60, what="the relay to say that it waits")
        assert unsent_age_s(world.history) > 1
        three_brokers.start_nodes(three_brokers.nodes[:2])
        wait_for(lambda: relay.waiting_for is None, deadline_s=60, what="the relay to go on")
        done = len(ids)
        wait_for(lambda: set(world.mine(seen)) >= all_of(ids[:done]), deadline_s=60)

    assert_in_order(seen.events, world)
    assert_in_order(log_of(world), world)


def test_too_few_replicas_in_sync_hold_an_event_back(
    wide_world: World, three_brokers: KafkaCluster
) -> None:
    """The broker refuses rather than keep a record in fewer places than it promised."""
    world, seen, relay = wide_world, Seen([]), wide_world.relay()
    set_in_sync(three_brokers, 3)
    three_brokers.node(3).kill()

    with running(relay, world.consumer(seen)):
        id_ = world.create(0)
        wait_for(lambda: relay.waiting_for == "KafkaTimeoutError", deadline_s=60)
        assert not world.mine(seen)
        set_in_sync(three_brokers, 2)
        wait_for(lambda: set(world.mine(seen)) == {f"{id_}:1"}, deadline_s=60)

    wait_for(lambda: not unsent_age_s(world.history), deadline_s=10)


def set_in_sync(cluster: KafkaCluster, replicas: int) -> None:
    admin = cluster.admin(only_alive=True)
    admin.alter_configs([ConfigResource("TOPIC", TOPIC, {"min.insync.replicas": str(replicas)})])
    admin.close()
