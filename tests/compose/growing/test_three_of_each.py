"""On three brokers and three members of MongoDB, one of each may be killed while clinics work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.compose.deployment import SERVICES, Deployment
from tests.compose.engine import Engine
from tests.compose.story import StoryThroughTheGateway, assert_well, closing_story

from ihala.testing.waiting import NotInTimeError, wait_for
from ihala_local.api import StoryBrokenError

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(2700)]

KEEPING = ("mongo", "mongo-2", "mongo-3", "kafka", "kafka-2", "kafka-3")
SERVING = tuple(
    f"{service}-{process}"
    for service in ("registry", "referrals", "notifications")
    for process in ("web", "worker")
)


def test_there_are_three_of_what_keeps_and_two_of_what_serves(deployed: Deployment) -> None:
    found = deployed.all_containers()

    for name in KEEPING:
        assert len(found[name]) == 1, name
    for name in SERVING:
        assert len(found[name]) == 2, name


_COUNTS_COPIES = """
import json, os
from ihala.events.kafka import KafkaSettings
password = open(os.environ["IHALA_KAFKA_PASSWORD_FILE"]).read()
brokers = tuple(os.environ["IHALA_KAFKA"].split(","))
admin = KafkaSettings(
    brokers, "SASL_PLAINTEXT", os.environ["IHALA_KAFKA_USERNAME"], password
).admin()
print(json.dumps({
    topic["name"]: sorted({len(part["isr_nodes"]) for part in topic["partitions"]})
    for topic in admin.describe_topics()
}))
"""


def test_every_topic_has_three_copies_in_sync(deployed: Deployment) -> None:
    """Of those that notifications may know of."""
    copies = deployed.python("notifications-worker", _COUNTS_COPIES)

    assert {"registry.facilities", "referrals.events"} <= copies.keys()
    assert {tuple(found) for found in copies.values()} == {(3,)}


@pytest.mark.parametrize("name", SERVICES)
def test_the_doctor_finds_nothing_wrong(
    deployed: Deployment, told: StoryThroughTheGateway, name: str
) -> None:
    assert_well(deployed, name)


def test_the_main_job_is_done_through_the_gateway(told: StoryThroughTheGateway) -> None:
    assert told.is_closed()


@pytest.mark.parametrize("name", ["kafka", "mongo", "referrals-web", "notifications-worker"])
def test_the_first_of_them_is_killed_and_the_work_goes_on(
    deployed: Deployment,
    engine: Engine,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    say: Callable[[str], None],
    name: str,
) -> None:
    container = deployed.all_containers()[name][0]["Id"]
    engine.run("kill", container)
    try:
        wait_for(
            lambda: told_anew(stack),
            deadline_s=300,
            what=f"the others to have taken over from {name}",
            retry_on=(StoryBrokenError, NotInTimeError),
        )
        say(f"the main job is done without the first {name}")
    finally:
        engine.run("start", container)
    deployed.wait_until_well()

    assert told.is_closed()


def told_anew(stack: dict[str, Any]) -> bool:
    """Another story to its end; it breaks off while the others find out that one is gone."""
    with closing_story(stack) as another:
        another.tell()
        return another.is_closed()
