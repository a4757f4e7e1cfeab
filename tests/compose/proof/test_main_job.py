"""All containers are well, and the main job is done through the gateway, by HTTPS."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from tests.compose.deployment import SERVICES, STAYING, Deployment
from tests.compose.engine import spoken
from tests.compose.story import StoryThroughTheGateway, assert_well

from ihala.testing.smtp_sink import read_mail

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


def test_all_is_well_and_what_prepares_has_ended(deployed: Deployment) -> None:
    found = deployed.containers()

    assert set(STAYING) | {"mail", "mongo-init", "kafka-init"} == found.keys()
    for name in ("mongo-init", "kafka-init"):
        assert found[name]["State"]["Status"] == "exited"
        assert found[name]["State"]["ExitCode"] == 0
    deployed.wait_until_well()


def test_the_check_knows_its_own_gateway_and_finds_nothing_in_the_way(
    deployed: Deployment,
) -> None:
    command = [str(deployed.folder / "deploy" / "check")]

    said = spoken(command, deployed.engine.environment, within_s=120)

    assert said.splitlines()[-1] == "Nothing is in the way of docker-compose up."


@pytest.mark.parametrize("name", SERVICES)
def test_the_doctor_finds_nothing_wrong(
    deployed: Deployment, told: StoryThroughTheGateway, name: str
) -> None:
    assert_well(deployed, name)


def test_the_main_job_is_done_through_the_gateway(told: StoryThroughTheGateway) -> None:
    assert told.is_closed()


def test_the_link_in_a_mail_leads_to_the_referral(
    deployed: Deployment, told: StoryThroughTheGateway, stack: dict[str, Any]
) -> None:
    own = {"Authorization": f"Bearer {stack['tokens']['clinic_b']}"}
    texts = [read_mail(file).text for file in sorted(deployed.mail.glob("*.eml"))]

    links = {link for text in texts for link in re.findall(r"https://\S+/ref_\w+", text)}

    assert links
    assert [httpx.get(link, headers=own).status_code for link in links] == [200] * len(links)
