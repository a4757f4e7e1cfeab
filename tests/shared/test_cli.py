"""The ``ihala`` command, on a real database and broker, with the smallest service there can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ihala.caller import Caller, Role
from ihala.cli import main, service
from ihala.clock import utc_now
from ihala.events.dead_letters import DeadLetters
from ihala.events.event import Event, Happened
from ihala.events.history import HistoryCollection
from ihala.events.kafka import KafkaSettings
from ihala.events.outbox import Sent, mark_sent, unsent
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.parking import Parking
from ihala.events.projection import Projection
from ihala.events.publisher import Publisher
from ihala.events.topics import TOPICS
from ihala.ids import new_id
from ihala.mongo import Database, Document
from ihala.operations import Operations
from ihala.settings import WorkerSettings
from ihala.testing.parts import Broker

Ihala = Callable[..., Result]

GROUP = "registry"
EDITOR = Caller("editor", None, frozenset(), frozenset({Role.REGISTRY_EDITOR}))


def outlets(database: Database[Document]) -> dict[str, Outlet]:
    def outgoing(document: Document, entry: Document) -> Outgoing:
        return Outgoing("registry.facilities", document["_id"], entry["data"])

    history = HistoryCollection(database["facilities"])
    return {"facilities": Outlet(history, "test", frozenset({"registry.facilities"}), outgoing)}


def projections(database: Database[Document]) -> dict[str, tuple[Projection, str]]:
    def document_of(event: Event) -> Document | None:
        return {"_id": event.subject, "seq": 1, "type": event.type}

    return {"reports": (Projection(database, "reports", document_of), "registry.reports")}


SMALLEST = Operations(
    service="registry",
    settings=WorkerSettings,
    groups={GROUP: ["registry.reports"]},
    outlets=outlets,
    projections=projections,
)


@pytest.fixture
def env_file(tmp_path: Path, mongodb_uri: str, broker: Broker) -> Path:
    file = tmp_path / "registry.env"
    file.write_text(
        f"# settings of the service\nIHALA_MONGODB_URI={mongodb_uri}\n"
        f"IHALA_KAFKA={broker.address}\nIHALA_KAFKA_SECURITY=PLAINTEXT\n"
        "IHALA_KAFKA_SESSION_TIMEOUT_MS=2000\n"
    )
    return file


@pytest.fixture
def ihala(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> Ihala:
    monkeypatch.setattr(service, "installed", lambda: {"registry": SMALLEST})
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, [*words, "--env-file", str(env_file)], input=typed)

    return run


def report(facility: str) -> Event:
    now = utc_now()
    data = {
        "facility_id": facility,
        "service_code": "dialysis",
        "unit": "chair",
        "available": 2,
        "reported_at": now.isoformat(),
    }
    return Event(new_id("evt"), "capacity.reported", "lab", facility, now, data, facility)


def parked(database: Database[Document]) -> str:
    event = report(new_id("fac"))
    Parking(database, GROUP).park("registry.reports", event, "KeyError: 'unit'", 1)
    return f"{GROUP}:{event.id}"


def test_parked_events_are_listed_and_shown_whole(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    listed = ihala("parked", "list", "registry")
    shown = ihala("parked", "show", "registry", id_)

    assert id_ in listed.stdout
    assert "KeyError: 'unit'" in listed.stdout
    assert json.loads(shown.stdout)["event"]["data"]["service_code"] == "dialysis"


def test_a_retry_makes_the_event_due_and_is_kept_in_the_audit(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    result = ihala("parked", "retry", "registry", id_, "--by", "amal", "--reason", "mended")

    assert result.exit_code == 0, result.output
    assert [it.id for it in Parking(database, GROUP).claim_due()] == [id_]
    (kept,) = database["parked_audit"].find()
    assert (kept["act"], kept["by"], kept["reason"]) == ("retry", "amal", "mended")


@pytest.mark.parametrize("act", ["retry", "skip"])
def test_no_act_without_a_reason(ihala: Ihala, database: Database[Document], act: str) -> None:
    id_ = parked(database)
    sure = ["--yes"] if act == "skip" else []

    missing = ihala("parked", act, "registry", id_, *sure)
    blank = ihala("parked", act, "registry", id_, *sure, "--reason", "  ")

    assert missing.exit_code == blank.exit_code == 2
    assert database["parked"].count_documents({}) == 1
    assert database["parked_audit"].count_documents({}) == 0


def test_a_skipped_event_is_gone_and_kept_in_the_audit(
    ihala: Ihala, database: Database[Document]
) -> None:
    id_ = parked(database)

    declined = ihala("parked", "skip", "registry", id_, "--reason", "a test", typed="n\n")
    result = ihala("parked", "skip", "registry", id_, "--reason", "a test", typed="y\n")

    assert declined.exit_code == 1
    assert result.exit_code == 0, result.output
    assert database["parked"].count_documents({}) == 0
    (kept,) = database["parked_audit"].find()
    assert kept["parked"]["_id"] == id_


def test_an_edit_must_keep_to_the_contract(
    ihala: Ihala, database: Database[Document], tmp_path: Path
) -> None:
    id_ = parked(database)
    kept = database["parked"].find_one({"_id": id_})
    assert kept is not None
    mended = kept["event"]["data"] | {"available": 7}
    file = tmp_path / "mended.json"

    file.write_text(json.dumps({**mended, "unit": "sofa"}))
    refused = ihala("parked", "edit", "registry", id_, "--data", str(file), "--reason", "typo")
    file.write_text(json.dumps(mended))
    taken = ihala("parked", "edit", "registry", id_, "--data", str(file), "--reason", "typo")

    assert refused.exit_code == 2
    assert "unit" in refused.output
    assert taken.exit_code == 0, taken.output
    (due,) = Parking(database, GROUP).claim_due()
    assert due.event.data is not None
    assert due.event.data["available"] == 7


def test_what_is_not_parked_is_said_so(ihala: Ihala) -> None:
    assert "Nothing is parked" in ihala("parked", "list", "registry").output
    assert "is not parked" in ihala("parked", "show", "registry", "nobody").output


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


def sent_facility(database: Database[Document]) -> str:
    history = outlets(database)["facilities"].history
    id_ = new_id("fac")
    history.create(id_, {}, [Happened("facility.registered", {})], EDITOR)
    mark_sent(history, [Sent(id_, 1, 1)])
    return id_


def test_a_replay_marks_one_aggregate_or_all_as_unsent(
    ihala: Ihala, database: Database[Document]
) -> None:
    first, second = sent_facility(database), sent_facility(database)
    history = outlets(database)["facilities"].history

    one = ihala("replay", "registry", first)
    waiting = [it["_id"] for it in unsent(history, {"$gte": 0}, 10)]
    all_ = ihala("replay", "registry", "--yes")

    assert one.exit_code == all_.exit_code == 0
    assert waiting == [first]
    assert {it["_id"] for it in unsent(history, {"$gte": 0}, 10)} == {first, second}


def test_a_replay_of_nothing_or_of_an_unknown_collection_is_refused(ihala: Ihala) -> None:
    assert "has no fac_none" in ihala("replay", "registry", "fac_none").output
    assert "only: facilities" in ihala("replay", "registry", "x", "--outlet", "beds").output
    assert ihala("replay", "registry").exit_code == 1


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


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(service, "installed", lambda: {"registry": SMALLEST})
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["parked", "list", "registry"], env={"IHALA_KAFKA": "a:1"})

    assert result.exit_code == 1
    assert "IHALA_MONGODB_URI: is missing" in result.output
    assert "--env-file" in result.output


def test_an_unknown_service_is_named(ihala: Ihala) -> None:
    result = ihala("parked", "list", "laboratory")

    assert result.exit_code == 2
    assert "'laboratory' is not installed here (there are: registry)" in result.output


def test_an_unreachable_broker_is_one_sentence(ihala: Ihala, env_file: Path) -> None:
    env_file.write_text(env_file.read_text() + "IHALA_KAFKA=127.0.0.1:1\n")

    result = ihala("lag", "registry")

    assert result.exit_code == 1
    assert "Error: cannot be reached now" in result.output


def test_a_token_comes_from_the_running_stack(tmp_path: Path) -> None:
    stack = tmp_path / "stack.json"
    stack.write_text(json.dumps({"tokens": {"clinic_a": "ey.J.x"}}))

    found = CliRunner().invoke(main, ["token", "clinic_a", "--stack", str(stack)])
    unknown = CliRunner().invoke(main, ["token", "clinic_z", "--stack", str(stack)])
    down = CliRunner().invoke(main, ["token", "clinic_a", "--stack", str(tmp_path / "none")])

    assert found.stdout == "ey.J.x\n"
    assert "only: clinic_a" in unknown.output
    assert "`make up` writes it" in down.output
