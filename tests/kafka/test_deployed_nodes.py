"""deploy/kafka/start.sh with three nodes: copies, names and rights are as with one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from tests.kafka.deployed import DeployedNodes

from ihala.events.kafka import KafkaSettings
from ihala.events.topic_admin import (
    Layout,
    create_topics,
    differences,
    grant,
    not_allowed,
    topic_settings,
)
from ihala.events.topics import TOPICS
from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

LAYOUT = Layout(partitions=3, replication=3)


@pytest.fixture(scope="module", params=["SASL_PLAINTEXT", "SASL_SSL"])
def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedNodes]:
    """Three nodes with every topic, and what each service may do."""
    folder = tmp_path_factory.mktemp("deployed")
    nodes = DeployedNodes(folder, request.param)
    try:
        nodes.start()
        with closing(nodes.settings("admin").admin()) as admin:
            wait_for(
                lambda: create_topics(admin, LAYOUT) is not None,
                deadline_s=120,
                what="the topics",
                retry_on=(KafkaError,),
            )
            grant(admin)
        yield nodes
    finally:
        nodes.stop()
        shutil.rmtree(folder, ignore_errors=True)


def sent(settings: KafkaSettings, topic: str) -> int:
    """The offset that the broker acknowledged; raises KafkaError when it refused."""
    with closing(settings.producer()) as producer:
        return int(producer.send(topic, key=b"k", value=b"{}").get(timeout=20).offset)


def test_every_topic_has_three_copies_of_which_two_must_have_a_record(
    nodes: DeployedNodes,
) -> None:
    with closing(nodes.settings("admin").admin()) as admin:
        assert differences(admin, LAYOUT) == []


def test_a_service_writes_its_own_topics_and_no_other(nodes: DeployedNodes) -> None:
    registry = nodes.settings("registry")

    assert sent(registry, "registry.facilities") >= 0
    with pytest.raises(KafkaError, match=r"(?i)authoriz"):
        sent(registry, "referrals.events")


def test_a_service_is_told_how_its_topics_are_and_what_it_may_do(nodes: DeployedNodes) -> None:
    """By which `ihala doctor` knows."""
    own = [topic.name for topic in TOPICS.values() if topic.writer == "registry"]

    with closing(nodes.settings("registry").admin()) as admin:
        as_they_are = differences(admin, LAYOUT, own)
        otherwise = differences(admin, Layout(partitions=3, replication=1), own)
        allowed = not_allowed(admin, "registry", own, own)
        refused = not_allowed(admin, "registry", ["referrals.events"], own)
        with pytest.raises(TopicAuthorizationFailedError, match=r"referrals\.contacts"):
            topic_settings(admin, ["referrals.contacts"])

    assert as_they_are == []
    assert all("min.insync.replicas=2, not 1" in it for it in otherwise)
    assert allowed == []
    assert refused == ["registry may not write referrals.events"]


def test_a_wrong_password_is_refused(nodes: DeployedNodes) -> None:
    with pytest.raises(KafkaError):
        nodes.settings("registry", password="0" * 64).admin()


def test_with_one_node_dead_everything_goes_on(nodes: DeployedNodes) -> None:
    """Also what the dead one had led, once another leads it."""
    registry, dead = nodes.settings("registry"), nodes.nodes[2]
    dead.kill()

    with closing(registry.producer()) as producer:
        for partition in range(LAYOUT.partitions):

            def acknowledged(partition: int = partition) -> bool:
                send = producer.send(
                    "registry.facilities", key=b"k", value=b"{}", partition=partition
                )
                return bool(send.get(timeout=20).offset >= 0)

            wait_for(acknowledged, deadline_s=120, retry_on=(KafkaError,))
    dead.start()
    with closing(nodes.settings("admin").admin()) as admin:
        wait_for(lambda: in_sync(admin), deadline_s=240, every_s=0.5, retry_on=(KafkaError,))


def in_sync(admin: object) -> bool:
    """Whether each partition of every topic has three copies that have all of it."""
    return all(
        len(partition["isr_nodes"]) == LAYOUT.replication
        for topic in admin.describe_topics(list(TOPICS))  # type: ignore[attr-defined]
        for partition in topic["partitions"]
    )
