"""``ihala dead-letters``, ``rebuild``, ``topics`` and ``lag``: what lies on the topics."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from tests.shared.cli.smallest import GROUP, Ihala, parked, projections, report

from ihala.cli import main
from ihala.events.dead_letters import DeadLetters
from ihala.events.kafka import KafkaSettings
from ihala.events.publisher import Publisher
from ihala.events.topics import TOPICS
from ihala.ids import new_id
from ihala.mongo import Database, Document
from ihala.testing.parts import Broker


def test_dead_letters_are_listed_with_their_reason_and_shown_whole(
    ihala: Ihala, own_broker: Broker, env_file: Path
) -> None:
    env_file.write_text(env_file.read_text() + f"IHALA_KAFKA={own_broker.address}\n")
    kafka = KafkaSettings((own_broker.address,), session_timeout_ms=2000)
    with Publisher(kafka, source="lab") as publisher:
        publisher.publish("capacity.reported", key="fac_1", data=report("fac_1").data or {})
    consumer = kafka.consumer(None)
    consumer.subscribe(["registry.reports"])
    records = [it for some in consumer.poll(timeout_ms=5000).values() for it in some]
    consumer.close()
    letters = DeadLetters("registry", kafka)
    letters.send(records[0], GROUP, "unit: not one of chair, bed")
    letters.close()

    listed = ihala("dead-letters", "list", "registry")
    place = next(
        word for line in listed.stdout.splitlines() for word in line.split() if ":" in word
    )
    shown = ihala("dead-letters", "show", "registry", place)

    assert "unit: not one of chair, bed" in listed.stdout
    assert "registry.reports[" in listed.stdout
    assert json.loads(shown.stdout)["key"] == "fac_1"
    assert "no dead letter at 3:999" in ihala("dead-letters", "show", "registry", "3:999").output


def test_a_projection_is_rebuilt_from_its_topic(
    ihala: Ihala, database: Database[Document], broker: Broker
) -> None:
    facility = new_id("fac")
    kafka = KafkaSettings((broker.address,), session_timeout_ms=2000)
    with Publisher(kafka, source="lab") as publisher:
        publisher.publish("capacity.reported", key=facility, data=report(facility).data or {})

    result = ihala("rebuild", "registry", "reports")

    assert result.exit_code == 0, result.output
    view = projections(database)["reports"][0].collection
    assert view.find_one({"_id": facility}) is not None
    assert "there are: reports" in ihala("rebuild", "registry", "beds").output


def test_the_topics_of_the_embedded_broker_are_checked_against_the_table(ihala: Ihala) -> None:
    layout = ["--partitions", "4", "--replication", "1"]

    made = ihala("topics", "create", *layout)
    other = ihala("topics", "check", "--replication", "1")
    refused = ihala("topics", "create", "--replication", "1")

    assert made.exit_code == 0
    assert f"0 of {len(TOPICS)} topics were made" in made.output
    assert refused.exit_code == 1
    assert "not of 12 partitions" in refused.output
    assert "registry.facilities (4)" in refused.output
    assert other.exit_code == 1
    assert "registry.facilities has 4 partitions, not 12" in other.output


def test_the_table_of_topics_needs_no_settings() -> None:
    result = CliRunner().invoke(main, ["topics", "list"], env={"COLUMNS": "300"})

    assert result.exit_code == 0
    assert all(name in result.stdout for name in TOPICS)


def test_lag_counts_what_a_group_has_not_read(
    ihala: Ihala, own_broker: Broker, env_file: Path, database: Database[Document]
) -> None:
    env_file.write_text(env_file.read_text() + f"IHALA_KAFKA={own_broker.address}\n")
    parked(database)
    with Publisher(own_broker.address, source="lab") as publisher:
        for _ in range(3):
            publisher.publish("capacity.reported", key="fac_1", data=report("fac_1").data or {})

    result = ihala("lag", "registry")

    assert result.exit_code == 0, result.output
    assert "registry  registry.reports  3" in " ".join(result.stdout.split(" "))
    assert "parked events" in result.stdout
