"""The registry among the other services: what it says, and what it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.registry.conftest import Registry, Session
from tests.registry.samples import DIALYSIS, HOSPITAL, registered

from ihala.clock import rfc3339, utc_now
from ihala.config import load
from ihala.errors import Invalid, NotFound
from ihala.events.consumer import Consumer
from ihala.events.contracts import contract_for
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.publisher import Publisher
from ihala.ids import new_id
from ihala.testing.parts import Broker
from ihala.testing.waiting import wait_for
from ihala_registry.config import RegistryWorkerSettings
from ihala_registry.handlers.outlets import facility_outgoing, outlets_of
from ihala_registry.handlers.reports import handlers_of
from ihala_registry.usecases.deps import Deps
from ihala_registry.worker import tasks_of

EIGHT, NINE = "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"


def with_service(editor: Session) -> str:
    path = registered(editor, DIALYSIS)
    editor.put(f"{path}/services/dialysis", {"availability": "fully"}, '"1"')
    return path.rpartition("/")[2]


def reported(facility_id: str, type_: str = "capacity.reported", **data: Any) -> Event:
    said = {"facility_id": facility_id, "reported_at": NINE, **data}
    if type_ == "capacity.reported":
        said = {"service_code": "dialysis", "unit": "chair", **said}
    contract = contract_for(type_)
    assert contract is not None
    contract.check_received(said)
    id_ = new_id("evt")
    return Event(id_, type_, "hospital-system", facility_id, utc_now(), said, facility_id)


def apply(deps: Deps, *events: Event) -> None:
    handlers = handlers_of(deps)
    for event in events:
        handlers[event.type](event)


def capacity(deps: Deps, facility_id: str) -> Any:
    facility = deps.facilities.get(facility_id)
    assert facility is not None
    service = facility.service("dialysis")
    return service and service.capacity


def test_a_capacity_report_counts_when_it_is_newer(
    editor: Session, deps: Deps, registry: Registry
) -> None:
    """In whatever order and however often it comes; each report is filed once."""
    id_ = with_service(editor)
    new, old = reported(id_, available=4), reported(id_, available=9, reported_at=EIGHT)

    apply(deps, new, old, new, old)

    kept = capacity(deps, id_)
    assert (kept.available, kept.reported_by) == (4, "hospital-system")
    assert registry.database["capacity_reports"].count_documents({}) == 2
    types = [one["type"] for one in editor.get(f"/v1/facilities/{id_}/history").json["items"]]
    assert types.count("facility.capacity_reported") == 1


def test_a_status_report_leaves_what_it_does_not_name(editor: Session, deps: Deps) -> None:
    """A meter that knows of electricity says nothing of the building."""
    id_ = with_service(editor)
    editor.put(
        f"/v1/facilities/{id_}/status",
        {
            "functionality": "full",
            "building_condition": "slightly",
            "utilities": {"power": "full", "water": "full"},
            "reported_at": EIGHT,
        },
    )

    apply(deps, reported(id_, "status.reported", utilities={"power": "none"}))

    status = editor.get(f"/v1/facilities/{id_}").json["status"]
    assert status["utilities"] == {"power": "none", "water": "full"}
    assert (status["functionality"], status["building_condition"]) == ("full", "slightly")
    assert status["reported_at"] == "2026-03-01T09:00:00.000Z"


def test_reports_of_a_closed_facility_are_filed_and_that_is_all(
    editor: Session, deps: Deps, registry: Registry
) -> None:
    """Nothing is parked for them."""
    id_ = with_service(editor)
    editor.post(f"/v1/facilities/{id_}/lifecycle", {"to": "closed", "reason": "End"})

    apply(deps, reported(id_, available=1), reported(id_, "status.reported", functionality="full"))

    assert capacity(deps, id_) is None
    for name in ("capacity_reports", "status_reports"):
        assert [one["seen_as"] for one in registry.database[name].find()] == ["facility_closed"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"facility_id": "fac_00000000000000000000000000"}, NotFound),
        ({"service_code": "surgery"}, NotFound),
        ({"reported_at": "2100-01-01T00:00:00Z"}, Invalid),
    ],
)
def test_a_report_that_cannot_count_raises_so_that_it_is_parked(
    editor: Session, deps: Deps, registry: Registry, change: dict[str, Any], error: type[Exception]
) -> None:
    """An operator looks at it; nothing is filed meanwhile."""
    id_ = with_service(editor)

    with pytest.raises(error):
        apply(deps, reported(**({"facility_id": id_} | change)))

    assert registry.database["capacity_reports"].count_documents({}) == 0


def test_whatever_happens_to_a_facility_is_a_valid_event(editor: Session, deps: Deps) -> None:
    """Each entry of its history, with the snapshot, keeps its contract to the letter."""
    path = registered(editor, HOSPITAL | {"contacts": DIALYSIS["contacts"]})
    service = {
        "availability": "partially",
        "causes": ["staff"],
        "eligibility": {"min_age": 5, "text": {"en": "Children"}},
        "schedule": [{"rrule": "FREQ=DAILY", "opens_at": "08:00", "closes_at": "24:00"}],
        "cost": {"en": "Free"},
    }
    editor.put(f"{path}/services/dialysis", service, '"1"')
    editor.put(f"{path}/services/dialysis/capacity", {"unit": "chair", "available": 0})
    editor.put(f"{path}/status", {"functionality": "full", "utilities": {"power": "none"}})
    editor.patch(path, {"time_zone": "Asia/Damascus", "tier": "primary"}, '"4"')
    editor.delete(f"{path}/services/dialysis", '"5"')
    editor.post(f"{path}/lifecycle", {"to": "closed", "reason": "End"})
    document = deps.facilities.history.get(path.rpartition("/")[2])
    assert document is not None

    types = [entry["type"] for entry in document["history"]]

    assert len(set(types)) == len(types) == 7
    for entry in document["history"]:
        contract = contract_for(entry["type"])
        assert contract is not None
        contract.check_sent(facility_outgoing(document, entry).data)


@contextmanager
def running(tasks: list[Any]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=task.run, args=(stop,)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def test_the_worker_sends_what_happened_and_takes_what_is_reported(
    editor: Session, registry: Registry, broker: Broker
) -> None:
    """A lab's system publishes a report; the facility, its event and the copies follow."""
    settings = load(
        RegistryWorkerSettings,
        {
            "IHALA_MONGODB_URI": "mongodb://unused/unused",
            "IHALA_KAFKA": broker.address,
            "IHALA_KAFKA_SECURITY": "PLAINTEXT",
            "IHALA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        },
    )
    id_ = with_service(editor)
    report = {
        "facility_id": id_,
        "service_code": "dialysis",
        "unit": "chair",
        "available": 2,
        "reported_at": rfc3339(registry.clock()),
    }
    seen: list[Event] = []

    class Seen:
        def apply(self, events: Any) -> None:
            seen.extend(event for event in events if event.subject == id_)

    listener = Consumer(
        "tests",
        new_id("grp"),
        {"registry.facilities": Seen()},
        KafkaSettings.of(settings),
        registry.database,
    )
    with running([*tasks_of(settings, registry.database), listener]):
        publisher = Publisher(KafkaSettings.of(settings), source="lab")
        publisher.publish("capacity.reported", key=id_, data=report)
        publisher.close()
        wait_for(lambda: capacity(registry.deps, id_), deadline_s=30, what="the capacity")
        wait_for(lambda: len(seen) >= 3, deadline_s=30, what="three events")

    assert [event.type for event in seen] == [
        "facility.registered",
        "facility.service_changed",
        "facility.capacity_reported",
    ]
    last = seen[-1].data
    assert last is not None
    assert last["facility"]["services"][0]["capacity"]["available"] == 2
    assert last["snapshot_version"] == last["facility"]["version"] == 3
    assert set(outlets_of(registry.database)) == {"facilities", "organisations"}
