"""The worker on a real broker: facilities and requests come in, referrals and contacts go out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.referrals.conftest import LOOKUP_KEY, MASTER_KEY, Session, World
from tests.referrals.samples import (
    CENTRE,
    CLINIC,
    CONSENT,
    NAME,
    PHONE,
    facility,
    facility_event,
    referral,
)

from ihala.config import ConfigError, load
from ihala.events.envelope import Record, from_record, to_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.publisher import Publisher
from ihala.mongo import Database, Document
from ihala.sealing import new_key, open_sealed
from ihala.testing.parts import Broker
from ihala.testing.waiting import wait_for
from ihala_referrals.config import WorkerConfig
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.worker import tasks_of

CONTACT_KEY = new_key()


def worker_environment(world: World, uri: str, kafka: str, folder: Path) -> dict[str, str]:
    key_file = folder / "contact-key.json"
    key_file.write_text(json.dumps(CONTACT_KEY.as_dict(private=False)), encoding="utf-8")
    return {
        "IHALA_MONGODB_URI": uri,
        "IHALA_KAFKA": kafka,
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        "IHALA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "IHALA_MASTER_KEY": MASTER_KEY,
        "IHALA_LOOKUP_KEY": LOOKUP_KEY,
        "IHALA_CONTACT_PUBLIC_KEY_FILE": str(key_file),
    }


@pytest.fixture
def settings(world: World, mongod: Any, own_broker: Broker, tmp_path: Path) -> WorkerConfig:
    uri = mongod.uri(world.database.name)
    return load(WorkerConfig, worker_environment(world, uri, own_broker.address, tmp_path))


@pytest.fixture
def worker(settings: WorkerConfig, world: World) -> Iterator[WorkerConfig]:
    """The whole worker, in threads, until the test is over."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=task.run, args=(stop,), name=task.name)
        for task in tasks_of(settings, world.database)
    ]
    for thread in threads:
        thread.start()
    yield settings
    stop.set()
    for thread in threads:
        thread.join(20)


Read = Callable[[], list[Event]]


@pytest.fixture
def arrived(worker: WorkerConfig) -> Iterator[Callable[[str], Read]]:
    """Reads what has arrived on a topic so far, each time from its beginning."""
    with ExitStack() as stack:
        yield lambda topic: _reader(worker, topic, stack)


def _reader(settings: WorkerConfig, topic: str, stack: ExitStack) -> Read:
    consumer = KafkaSettings.of(settings).consumer(None)
    stack.callback(consumer.close)
    consumer.subscribe([topic])
    seen: list[Event] = []

    def read() -> list[Event]:
        for records in consumer.poll(timeout_ms=200).values():
            seen.extend(from_record(Record(it.key, it.value, it.headers)) for it in records)
        return seen

    return read


def test_what_happens_to_a_referral_is_told_without_saying_to_whom(
    arrived: Callable[[str], Read], centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {"note": f"For {NAME}"})
    read = arrived("referrals.events")

    events = wait_for(lambda: found if len(found := read()) >= 3 else None, what="three events")

    assert [event.type for event in events] == [
        "referral.created",
        "referral.sent",
        "referral.accepted",
    ]
    assert [event.seq for event in events] == [1, 2, 3]
    assert NAME not in str(events)
    assert PHONE not in str(events)


def test_a_consenting_person_s_contact_can_be_opened_by_notifications_only(
    arrived: Callable[[str], Read], clinic: Session
) -> None:
    """And is forgotten with a tombstone when the consent is withdrawn."""
    body = referral(send=True, consent={**CONSENT, "contact": True})
    path = clinic.post("/v1/referrals", body).headers["Location"]
    read = arrived("referrals.contacts")

    granted = wait_for(lambda: read()[:1], what="the contact")[0]

    assert granted.data is not None
    assert granted.key == granted.data["person_id"]
    assert PHONE not in str(granted)
    opened = open_sealed(CONTACT_KEY, granted.data["jwe"])
    assert opened == {"channel": "sms", "value": PHONE, "shared_device": False}

    clinic.post(f"{path}/withdraw-consent")
    tombstone = wait_for(lambda: read()[1:], what="the tombstone")[0]
    assert (tombstone.key, tombstone.data) == (granted.key, None)


def test_a_facility_that_the_registry_tells_of_can_be_found(
    worker: WorkerConfig, deps: Deps, clinic: Session
) -> None:
    new = facility("fac_00000000000000000000new00", point={"lat": 35.931, "lon": 36.631})
    record = to_record(facility_event(new, "facility.registered"))
    producer = KafkaSettings.of(worker).producer()
    producer.send(
        "registry.facilities", value=record.value, key=record.key, headers=record.headers
    ).get(timeout=10)
    producer.close(timeout=5)

    def nearest() -> bool:
        answer = clinic.get("/v1/matches", service="dialysis", facility_id=CLINIC)
        return bool(answer.json["matches"][0]["facility_id"] == new["id"])

    wait_for(nearest, what="the facility among the matches")


def test_a_request_is_met_and_one_that_cannot_be_met_is_parked(
    worker: WorkerConfig, database: Database[Document], centre: Session
) -> None:
    request = {
        "service_code": "dialysis",
        "priority": "urgent",
        "from_facility_id": CLINIC,
        "shortlist": [CENTRE],
        "consent": {"status": "given", "given_by": "individual", "at": "2026-03-01T08:00:00.000Z"},
        "send": True,
    }
    with Publisher(KafkaSettings.of(worker), source="lab.example.org") as publisher:
        wrong = {**request, "shortlist": ["fac_nobody"]}
        publisher.publish("referral.requested", key="lab-1", data=wrong)
        publisher.publish("referral.requested", key="lab-2", data=request)

    def incoming() -> Any:
        return centre.get("/v1/referrals", direction="incoming").json["items"]

    wait_for(incoming, what="the referral that was asked for")
    parked = wait_for(lambda: database["parked"].find_one({}), what="the parked request")
    assert parked["key"] == "lab-1"
    assert "fac_nobody is not known" in parked["error"]


def test_settings_that_are_wrong_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(
            WorkerConfig,
            {
                "IHALA_MONGODB_URI": "mongodb://localhost/ihala_referrals",
                "IHALA_KAFKA": "localhost:9092",
                "IHALA_MASTER_KEY": "c2hvcnQ=",
                "IHALA_RESPOND_BY": "soon",
                "IHALA_CONTACT_PUBLIC_KEY_FILE": str(tmp_path / "nothing.json"),
            },
        )

    for name in ("MASTER_KEY", "LOOKUP_KEY", "RESPOND_BY", "CONTACT_PUBLIC_KEY"):
        assert f"IHALA_{name}" in str(refused.value)
