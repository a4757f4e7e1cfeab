"""What is wrong around Kafka is said in one line of a log, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.compose.deployment import Deployment

from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

GUESSED = "0123456789abcdef" * 4


@pytest.fixture(scope="module", autouse=True)
def made(spare: Deployment) -> Iterator[None]:
    """A broker whose topics have three partitions, which was said and so is right."""
    spare.set("IHALA_TOPIC_PARTITIONS", "3")
    spare.compose("up", "--detach", "--no-build", "kafka-init")
    spare.wait_until_said("kafka-init", "permissions are granted")
    spare.set("IHALA_TOPIC_PARTITIONS", "12")
    yield
    spare.down("--volumes", "--timeout", "10")


def init(spare: Deployment) -> str:
    """What kafka-init says when it fails, as it must here."""
    with pytest.raises(AssertionError) as failed:
        spare.compose("run", "--rm", "-T", "--no-deps", "kafka-init")
    return str(failed.value)


def test_topics_with_another_number_of_partitions(spare: Deployment) -> None:
    said = init(spare)

    assert "not of 12 partitions" in said
    assert "registry.facilities (3)" in said
    assert "IHALA_TOPIC_PARTITIONS" in said


def test_another_password_of_the_administrator(spare: Deployment) -> None:
    made_with = (spare.secrets / "kafka_admin_password").read_text()
    spare.write_secret("kafka_admin_password", GUESSED)

    # On a busy machine the broker may not answer in time, which is another sentence.
    refused = "the broker refuses the user 'admin' or its password"
    wait_for(lambda: refused in init(spare), deadline_s=120, what=refused, every_s=1)
    spare.write_secret("kafka_admin_password", made_with)


def test_data_of_another_cluster(spare: Deployment) -> None:
    spare.set("IHALA_KAFKA_CLUSTER_ID", "YW5vdGhlcmNsdXN0ZXJpZA")

    spare.compose("up", "--detach", "--no-build", "kafka")

    spare.wait_until_said("kafka", "put IHALA_KAFKA_CLUSTER_ID=aWhhbGEta2Fma2Etb25lIQ into")


def test_an_empty_secret(spare: Deployment) -> None:
    spare.write_secret("kafka_publishers_password", "")

    spare.compose("up", "--detach", "--no-build", "--force-recreate", "kafka")

    spare.wait_until_said("kafka", "the secret kafka_publishers_password is empty or missing")
