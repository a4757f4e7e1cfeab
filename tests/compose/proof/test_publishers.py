"""Other systems at the broker, once deploy/publishers.yml publishes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from tests.compose.deployment import Deployment

from ihala.events.kafka import KafkaSettings
from ihala.events.topics import TOPICS

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


@pytest.fixture(scope="module", autouse=True)
def published(deployed: Deployment) -> Iterator[None]:
    """The broker made anew from both files; the next ``up`` takes the port away again."""
    deployed.files.append("deploy/publishers.yml")
    try:
        deployed.compose("up", "--detach", "--no-build", "--no-deps", "kafka")
        deployed.wait_until_well("kafka")
        yield
    finally:
        deployed.files.remove("deploy/publishers.yml")


def publisher(deployed: Deployment, password: str) -> KafkaSettings:
    authority = str(deployed.secrets / "authority_certificate")
    return KafkaSettings(("localhost:9094",), "SASL_SSL", "publishers", password, authority)


def test_other_systems_sign_in_by_tls_and_write_no_topic_of_ours(deployed: Deployment) -> None:
    password = (deployed.secrets / "kafka_publishers_password").read_text()
    producer = publisher(deployed, password).producer()

    try:
        outside = [topic.name for topic in TOPICS.values() if topic.from_outside]
        assert all(producer.partitions_for(name) for name in outside)
        for topic in TOPICS.values():
            if not topic.from_outside:
                with pytest.raises(TopicAuthorizationFailedError):
                    producer.send(topic.name, b"{}", key=b"tried").get(10)
    finally:
        producer.close(timeout=2)


def test_a_wrong_password_is_refused_by_the_broker(deployed: Deployment) -> None:
    with pytest.raises(KafkaError):
        publisher(deployed, "guessed").producer()
