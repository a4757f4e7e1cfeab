"""Newer images over those that run, while events wait; and another Compose over the same data."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.compose.compose_v2 import compose_v2, version_of
from tests.compose.deployment import SERVICES, Deployment
from tests.compose.engine import Engine
from tests.compose.story import StoryThroughTheGateway, closing_story

from ihala.testing.smtp_sink import read_mail
from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]

UPGRADED = tuple(f"{name}-{kind}" for name in SERVICES for kind in ("web", "worker"))


@pytest.fixture(scope="module")
def newer(engine: Engine, deployed: Deployment) -> dict[str, str]:
    """The next version's images by service, under the names that the running ones had.

    IHALA_NEXT_IMAGES names an archive of them; without it they are the same code, labelled anew.
    """
    archive = os.environ.get("IHALA_NEXT_IMAGES")
    if archive is not None:
        engine.run("load", "--input", archive, within_s=600)
    for name in SERVICES if archive is None else ():
        folder = deployed.folder / f"next-{name}"
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM ihala-{name}\nLABEL version=next\n")
        engine.run("build", "--quiet", "--tag", f"ihala-{name}", str(folder))
    return {
        name: engine.run("image", "inspect", "--format", "{{.Id}}", f"ihala-{name}").strip()
        for name in SERVICES
    }


_READS_EVENTS = """
import json, os, sys
from kafka import TopicPartition
from ihala.events.kafka import KafkaSettings
password = open(os.environ["IHALA_KAFKA_PASSWORD_FILE"]).read()
name = os.environ["IHALA_KAFKA_USERNAME"]
reader = KafkaSettings(("kafka:9092",), "SASL_PLAINTEXT", name, password).consumer(None)
places = [TopicPartition(sys.argv[1], it) for it in reader.partitions_for_topic(sys.argv[1])]
reader.assign(places)
reader.seek_to_beginning(*places)
ends, ids = reader.end_offsets(places), []
while any(reader.position(place) < end for place, end in ends.items()):
    for records in reader.poll(timeout_ms=500).values():
        ids += [dict(record.headers)["ce_id"].decode() for record in records]
reader.close()
print(json.dumps(ids))
"""


def sent_events(deployed: Deployment, referrals: list[str]) -> Counter[str]:
    """How often the topic holds each event of these referrals."""
    ids = deployed.python("referrals-worker", _READS_EVENTS, "referrals.events")
    return Counter(one for one in ids if one.partition(":")[0] in referrals)


def mails_about(deployed: Deployment, referral: str) -> list[tuple[str, ...]]:
    """To whom mails about the referral went, a line for each mail."""
    mails = (read_mail(file) for file in deployed.mail.glob("*.eml"))
    return [mail.recipients for mail in mails if referral in mail.text]


def test_an_upgrade_with_events_in_flight_loses_none_and_mails_nobody_twice(
    deployed: Deployment,
    told: StoryThroughTheGateway,
    newer: dict[str, str],
    say: Callable[[str], None],
) -> None:
    deployed.compose("stop", "notifications-worker")
    read_late = [told.refer() for _ in range(3)]
    wait_for(
        lambda: len(sent_events(deployed, read_late)) >= 2 * len(read_late),
        deadline_s=120,
        what="events in the topic that nobody has read",
        every_s=2,
    )
    deployed.compose("stop", "kafka")
    sent_late = [told.refer() for _ in range(3)]
    say("three referrals whose events nobody has read, three whose events are not even sent")

    deployed.up()

    running = {name: deployed.containers()[name]["Image"] for name in UPGRADED}
    assert running == {name: newer[name.partition("-")[0]] for name in UPGRADED}
    say("the newer images run, all containers are well")
    referrals = [*read_late, *sent_late]
    wait_for(
        lambda: all(is_told(told, one) for one in referrals),
        deadline_s=240,
        what="every message to be sent",
        every_s=2,
    )
    found = sent_events(deployed, referrals)
    assert {one.partition(":")[0] for one in found} == set(referrals)
    assert set(found.values()) == {1}, found
    for referral in referrals:
        mails = mails_about(deployed, referral)
        assert mails
        assert len(mails) == len(set(mails)), mails
    say(f"{len(found)} events, each once in its topic; no mail twice")


def is_told(story: StoryThroughTheGateway, referral: str) -> bool:
    """Whether the hospital was written to about the referral, and nothing waits to be sent."""
    copies = [copy for copy in story.copies_about(referral) if copy["channel"] == "email"]
    return bool(copies) and all(copy["state"] == "accepted" for copy in copies)


def test_compose_v2_takes_over_what_another_compose_has_made(
    deployed: Deployment,
    told: StoryThroughTheGateway,
    stack: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    say: Callable[[str], None],
) -> None:
    before = version_of(deployed.tool)
    deployed.down()
    deployed.tool = compose_v2(tmp_path_factory.mktemp("compose-v2"))

    described = json.loads(deployed.compose("config", "--format", "json"))
    deployed.up()

    say(f"all is well after down by Compose {before} and up by {version_of(deployed.tool)}")
    assert described["services"]["mongo"]["read_only"] is True
    assert described["secrets"]["master_key"]["file"] == str(deployed.secrets / "master_key")
    wait_for(told.is_closed, deadline_s=60, what="the referral of before", every_s=0.5)
    with closing_story(stack) as another:
        another.tell()
