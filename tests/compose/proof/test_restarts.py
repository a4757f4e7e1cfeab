"""Containers that are restarted, and all of them taken down and up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.compose.deployment import STAYING, Deployment
from tests.compose.engine import Engine
from tests.compose.story import StoryThroughTheGateway, closing_story

from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


def test_every_container_can_be_restarted(
    deployed: Deployment,
    engine: Engine,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    ids = {name: deployed.containers()[name]["Id"] for name in STAYING}
    for name in ("mongo", "kafka"):
        engine.run("restart", "--time", "30", ids.pop(name))
        deployed.wait_until_well(name)
        say(f"{name} is well again after its restart")
    for container in ids.values():
        engine.run("restart", "--time", "30", container)
    deployed.wait_until_well()
    say(f"{', '.join(ids)} are well again after their restarts, one after the other")

    with closing_story(stack) as another:
        another.tell()

    assert told.is_closed()


def test_the_data_outlive_down_and_up(
    deployed: Deployment,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    deployed.down()
    assert deployed_volumes(deployed) >= {"ihala-proof_mongo", "ihala-proof_kafka"}
    deployed.up()
    say("all is well after down and up")

    wait_for(told.is_closed, deadline_s=30, what="the referral of before", every_s=0.5)
    with closing_story(stack) as another:
        another.tell()


def deployed_volumes(deployed: Deployment) -> set[str]:
    return set(deployed.engine.run("volume", "ls", "--quiet").split())
