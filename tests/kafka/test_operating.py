"""What operators and other systems type, against Apache Kafka."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kafka.admin import ConfigResource
from tests.shared.events.conftest import Seen, World, running

from ihala.cli import main
from ihala.clock import rfc3339, utc_now
from ihala.events.consumer import Consumer
from ihala.events.dead_letter_desk import dead_letters
from ihala.events.topics import TOPICS
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.waiting import wait_for

pytestmark = pytest.mark.kafka

Topics = Callable[..., Result]
LAYOUT = ("--partitions", "3", "--replication", "1")
SPARE = "staff.events"
PUBLISHING = Path(__file__).parents[2] / "docs" / "events" / "publishing.md"


@pytest.fixture
def topics(one_broker: KafkaCluster) -> Topics:
    """Runs ``ihala topics …`` against the broker."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            main,
            ["topics", *arguments],
            env={"IHALA_KAFKA": one_broker.address, "IHALA_KAFKA_SECURITY": "PLAINTEXT"},
        )

    return run


@pytest.fixture
def without_spare(one_broker: KafkaCluster, topics: Topics) -> Iterator[None]:
    """A topic is missing; afterwards it is as it should be."""

    def delete() -> None:
        with closing(one_broker.admin()) as admin:
            admin.delete_topics([SPARE])
            wait_for(lambda: SPARE not in admin.list_topics(), deadline_s=20)

    delete()
    yield
    delete()
    topics("create", *LAYOUT)


@pytest.mark.usefixtures("without_spare")
def test_a_missing_topic_is_named_made_and_found_well(topics: Topics) -> None:
    before, made, after = topics("check", *LAYOUT), topics("create", *LAYOUT), None
    after = wait_for(lambda: _well(topics("check", *LAYOUT)), deadline_s=10)

    assert before.exit_code == 1
    assert f"{SPARE} does not exist" in before.output
    assert "1 of 14 topics were made" in made.output
    assert f"All {len(TOPICS)} topics are as they should be" in after.output


def _well(result: Result) -> Result | None:
    return result if result.exit_code == 0 else None


@pytest.mark.usefixtures("without_spare")
def test_a_wrong_partition_count_and_a_wrong_setting_are_named(
    topics: Topics, one_broker: KafkaCluster
) -> None:
    topics("create", "--partitions", "2", "--replication", "1")
    with closing(one_broker.admin()) as admin:
        admin.alter_configs([ConfigResource("TOPIC", SPARE, {"retention.ms": "1000"})])

    result = topics("check", *LAYOUT)

    assert result.exit_code == 1
    assert f"{SPARE} has 2 partitions, not 3" in result.output
    assert f"{SPARE} has retention.ms=1000, not 2592000000" in result.output


def test_the_lines_for_kcat_do_what_the_page_says(world: World, tmp_path: Path) -> None:
    """Its reports and its request arrive; the one that is wrong is a dead letter."""
    if shutil.which("kcat") is None:
        pytest.fail("no kcat to try the lines with: install it (Debian: kcat)")
    reports, requests = Seen([]), Seen([])
    now = rfc3339(utc_now())

    for line in kcat_lines():
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", line],
            env={
                "PATH": os.environ["PATH"],
                "KAFKA": world.broker.address,
                "CLINIC_A": "fac_a",
                "CLINIC_B": "fac_b",
                "NOW": now,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    group = f"group-{world.tag}"
    effects = {"registry.reports": reports}
    registry = Consumer("registry", group, effects, world.kafka, world.database)
    with running(registry, world.consumer(requests, "referrals.requests")):
        wait_for(lambda: f"report-{now}" in reports.ids, deadline_s=20)
        wait_for(lambda: f"request-{now}" in requests.ids, deadline_s=20)
        wait_for(lambda: list(dead_letters("registry", world.kafka)), deadline_s=20)

    (letter,) = dead_letters("registry", world.kafka)
    assert ("ce_id", f"sofa-{now}") in letter.headers
    assert "/unit" in letter.reason


def kcat_lines() -> list[str]:
    """Each command of the page that publishes with kcat, as it stands there."""
    page = PUBLISHING.read_text(encoding="utf-8")
    found = re.findall(r"^(echo .*\|\n  kcat -P (?:.*\\\n)*.*)$", page, re.MULTILINE)
    assert len(found) == page.count("kcat -P")
    return found
