"""Each thing that an operator can get wrong is named by the doctor, with what to do about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.shared.doctor.conftest import GROUP, Doctor, outlets

from ihala.caller import Caller
from ihala.cli import main
from ihala.clock import utc_now
from ihala.doctor import database as of_database
from ihala.doctor.database import space
from ihala.events.dead_letters import DeadLetters
from ihala.events.envelope import Record
from ihala.events.event import Event, Happened
from ihala.events.kafka import KafkaSettings
from ihala.events.outbox import set_aside
from ihala.events.parking import Parking
from ihala.ids import new_id
from ihala.leases import Lease
from ihala.mongo import Database, Document
from ihala.testing.parts import Broker

SOMEBODY = Caller("somebody")


def test_a_service_that_is_well_is_said_to_be_so(doctor: Doctor, well: Lease) -> None:
    visit = doctor()

    assert visit.wrong <= {"disk of this machine", "disk of the database"}, visit.findings
    assert visit.exit_code == 0
    assert visit.of("indexes")["says"] == "all 4 are there"
    assert "relay:0/1" in visit.of("leases")["says"]


def test_a_missing_setting_is_named_and_nothing_else_is_looked_at(
    doctor: Doctor, settings: dict[str, str]
) -> None:
    del settings["IHALA_KAFKA"]

    visit = doctor()

    assert visit.exit_code == 1
    assert visit.wrong == {"settings"}
    assert "IHALA_KAFKA: is missing" in visit.of("settings")["says"]


def test_a_database_that_is_away_is_named_and_the_broker_is_still_looked_at(
    doctor: Doctor, settings: dict[str, str]
) -> None:
    settings["IHALA_MONGODB_URI"] = "mongodb://127.0.0.1:1/ihala?serverSelectionTimeoutMS=300"

    visit = doctor()

    assert visit.of("database")["level"] == "bad"
    assert "bring it back" in visit.of("database")["mend"]
    assert visit.of("what is in the database")["level"] == "skipped"
    assert visit.of("broker")["level"] == "ok"


def test_a_broker_that_is_away_is_named(
    doctor: Doctor, settings: dict[str, str], well: Lease
) -> None:
    settings["IHALA_KAFKA"] = "127.0.0.1:1"

    visit = doctor()

    assert visit.of("broker")["level"] == "bad"
    assert "bring it back" in visit.of("broker")["mend"]
    assert visit.of("database")["level"] == "ok"


def test_topics_that_are_not_as_they_must_be_are_named(
    doctor: Doctor, settings: dict[str, str], well: Lease
) -> None:
    settings |= {"IHALA_TOPIC_PARTITIONS": "12", "IHALA_TOPIC_REPLICATION": "3"}

    visit = doctor()

    said = [it["says"] for it in visit.findings if it["check"] == "topics"]
    assert "registry.facilities has 4 partitions, not 12" in said
    assert "registry.facilities has 1 replicas, not 3" in said
    assert not any("referrals" in it for it in said)


def test_a_missing_index_is_named(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    database["facilities"].drop_index("unsent")

    visit = doctor()

    assert visit.of("indexes")["says"] == "missing: facilities.unsent"
    assert "restart" in visit.of("indexes")["mend"]
    assert "unsent" not in database["facilities"].index_information()


def test_an_event_that_waits_and_a_document_that_was_set_aside_are_named(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    history = outlets(database)["facilities"].history
    id_ = new_id("fac")
    history.create(id_, {}, [Happened("facility.registered", {})], SOMEBODY)
    old = utc_now() - timedelta(minutes=10)
    history.collection.update_one({"_id": id_}, {"$set": {"unsent_at": old}})
    set_aside(history, id_, "a bug")

    visit = doctor()

    said = [it["says"] for it in visit.findings if it["level"] == "bad"]
    assert any("has waited for 60" in it for it in said)
    assert "1 document(s) of facilities were set aside: their events cannot be sent" in said


def test_a_lease_that_nobody_holds_is_named(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    """A holder that died left a lease that has ended."""
    ended = {"$set": {"until": utc_now() - timedelta(seconds=1)}}
    database["leases"].update_one({"_id": "relay:0/1"}, ended)

    visit = doctor()

    assert visit.of("leases")["says"] == "nobody holds relay:0/1"
    assert "start the registry worker" in visit.of("leases")["mend"]


def test_workers_that_disagree_on_the_relays_are_named(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    assert Lease(database["leases"], "relay:1/2", ttl_s=120).held()

    visit = doctor()

    assert "relay:1/2" in visit.of("leases")["says"]
    assert "IHALA_RELAY_SLOTS" in visit.of("leases")["mend"]


def test_due_work_that_is_late_is_named(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    database["facilities"].insert_one({"due_at": utc_now() - timedelta(minutes=20)})

    finding = doctor().of("due work")

    assert finding["level"] == "bad"
    assert "start the registry worker" in finding["mend"]


def test_parked_events_are_named(doctor: Doctor, database: Database[Document], well: Lease) -> None:
    event = Event("e-1", "capacity.reported", "lab", "fac_1", utc_now(), {}, "fac_1")
    Parking(database, GROUP).park("registry.reports", event, "a bug", 1)

    fresh = doctor().of("parked events")
    yesterday = {"$set": {"parked_at": utc_now() - timedelta(days=2)}}
    database["parked"].update_many({}, yesterday)
    old = doctor().of("parked events")

    assert (fresh["level"], old["level"]) == ("warn", "bad")
    assert "ihala parked list registry" in old["mend"]


def test_lag_and_dead_letters_are_named(
    doctor: Doctor, settings: dict[str, str], own_broker: Broker, well: Lease
) -> None:
    settings["IHALA_KAFKA"] = own_broker.address
    kafka = KafkaSettings((own_broker.address,), session_timeout_ms=2_000)
    producer = kafka.producer()
    for _ in range(12):  # The embedded broker's end of a log is where its last batch begins.
        sent = [producer.send("registry.reports", value=b"junk", key=b"k") for _ in range(100)]
        for future in sent:
            future.get(timeout=30)
    producer.close()
    letters = DeadLetters("registry", kafka)
    letters.send(_Came(), GROUP, "not JSON")
    letters.close()

    visit = doctor()

    assert visit.of("lag")["level"] == "warn"
    assert "record(s) behind on registry.reports" in visit.of("lag")["says"]
    assert visit.of("dead letters")["level"] == "warn"
    assert "ihala dead-letters list registry" in visit.of("dead letters")["mend"]


class _Came(Record):
    """A record as a consumer gets it."""

    topic, partition, offset = "registry.reports", 0, 7

    def __init__(self) -> None:
        super().__init__(b"fac_1", b"junk", [])


def test_clocks_that_differ_are_named(
    doctor: Doctor, well: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_database, "utc_now", lambda: utc_now() + timedelta(seconds=5))

    finding = doctor().of("clock")

    assert finding["level"] == "bad"
    assert "NTP" in finding["mend"]


def test_secrets_that_others_can_read_or_that_are_gone_are_named(
    doctor: Doctor, settings: dict[str, str], well: Lease, tmp_path: Path
) -> None:
    secret, gone = tmp_path / "password", tmp_path / "gone"
    secret.write_text("a password")
    settings |= {"IHALA_LOG_LEVEL_FILE": "", "IHALA_KAFKA_PASSWORD_FILE": str(secret)}
    secret.chmod(0o622)
    writable = doctor().of("secret files")
    settings["IHALA_CURSOR_KEY_FILE"] = str(gone)
    secret.chmod(0o600)
    missing = doctor().of("secret files")

    assert "can be written by others" in writable["says"]
    assert f"chmod 600 {secret}" in writable["mend"]
    assert f"{gone} (IHALA_CURSOR_KEY_FILE) cannot be read" in missing["says"]


def test_keys_of_the_issuer_that_do_not_load_are_named(
    doctor: Doctor, settings: dict[str, str], well: Lease, tmp_path: Path
) -> None:
    broken = tmp_path / "jwks.json"
    broken.write_text('{"keys": []}')
    settings["IHALA_JWKS"] = str(broken)

    finding = doctor().of("token keys")

    assert finding["level"] == "bad"
    assert "holds no key that may sign" in finding["says"]


@pytest.mark.parametrize(("free", "level"), [(0.5, "ok"), (0.1, "warn"), (0.01, "bad")])
def test_a_disk_that_fills_is_named(free: float, level: str) -> None:
    assert space("disk", free).level == level


def test_warnings_are_bad_where_one_is_strict(
    doctor: Doctor, database: Database[Document], well: Lease
) -> None:
    event = Event("e-1", "capacity.reported", "lab", "fac_1", utc_now(), {}, "fac_1")
    Parking(database, GROUP).park("registry.reports", event, "a bug", 1)

    assert doctor().exit_code == 0
    assert doctor("--strict").exit_code == 1


def test_people_read_each_finding_with_its_mend(
    doctor: Doctor, settings: dict[str, str], well: Lease, tmp_path: Path
) -> None:
    settings["IHALA_TOPIC_PARTITIONS"] = "12"
    doctor()

    file = str(tmp_path / "registry.env")
    shown = CliRunner().invoke(main, ["doctor", "registry", "--env-file", file])

    assert shown.exit_code == 1
    assert "bad     topics: registry.facilities has 4 partitions, not 12" in shown.output
    assert "→ counts are fixed for good" in shown.output


def test_one_environment_is_for_one_service(tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text("")

    result = CliRunner().invoke(main, ["doctor", "--env-file", str(file)])

    assert result.exit_code == 2
    assert "name it" in result.output


def test_an_unknown_service_is_named(doctor: Doctor) -> None:
    result = CliRunner().invoke(main, ["doctor", "laboratory"])

    assert result.exit_code == 2
    assert "'laboratory' is not installed here" in result.output


def test_no_secret_is_shown(doctor: Doctor, settings: dict[str, str], well: Lease) -> None:
    settings["IHALA_KAFKA_PASSWORD"] = "a-very-secret-password"

    assert "a-very-secret-password" not in json.dumps(doctor().findings)
