"""What the service does by itself: timers, rescue, and referrals that others ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.referrals.conftest import MovingClock, Session
from tests.referrals.samples import (
    CENTRE,
    CLINIC,
    HOSPITAL,
    facility,
    facility_event,
    referral,
    service,
)

from ihala.due import DueWork
from ihala.errors import Conflict, Invalid
from ihala.events.event import Event
from ihala.mongo import Database, Document
from ihala_referrals.handlers import facilities, requests
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.worker import meet_due


@pytest.fixture
def due(database: Database[Document], clock: MovingClock) -> DueWork:
    return DueWork(database["referrals"], clock)


def types_of(session: Session, path: str) -> list[str]:
    return [event["type"] for event in session.get(f"{path}/history").json["history"]]


def test_half_time_then_expiry_then_the_next_facility(
    deps: Deps, due: DueWork, clock: MovingClock, clinic: Session
) -> None:
    path = clinic.post("/v1/referrals", referral(send=True, auto_forward=True)).headers["Location"]

    assert meet_due(deps, due) == 0
    clock.move(hours=12)
    assert meet_due(deps, due) == 1
    assert meet_due(deps, due) == 0
    clock.move(hours=12)
    assert meet_due(deps, due) == 1

    assert types_of(clinic, path) == [
        "referral.created",
        "referral.sent",
        "referral.respond_by_half",
        "referral.expired",
        "referral.sent",
    ]


def test_a_completed_referral_closes_by_itself(
    deps: Deps, due: DueWork, clock: MovingClock, clinic: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {})
    centre.post(f"{sent}/offers/1/complete", {"outcome": "treated"})

    clock.move(days=14)
    assert meet_due(deps, due) == 1

    assert clinic.get(sent).json["closed_at"] is not None
    assert meet_due(deps, due) == 0


def test_an_answer_in_time_leaves_nothing_due(
    deps: Deps, due: DueWork, clock: MovingClock, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {})

    clock.move(days=30)

    assert meet_due(deps, due) == 0


def closing(version: int = 2, **changes: Any) -> Event:
    snapshot = facility(CENTRE, version=version, **changes)
    return facility_event(snapshot, "facility.lifecycle_changed")


def test_when_a_facility_is_suspended_its_open_offers_move_on(
    deps: Deps, clinic: Session, hospital: Session
) -> None:
    path = clinic.post("/v1/referrals", referral(send=True, auto_forward=True)).headers["Location"]

    facilities.on_facility_changed(deps, closing(lifecycle="suspended"))

    offers = clinic.get(path).json["offers"]
    assert [(it["to_facility_id"], it["status"]) for it in offers] == [
        (CENTRE, "expired"),
        (HOSPITAL, "sent"),
    ]
    assert offers[0]["ended_reason"] == "facility_not_functioning"


def test_the_same_facility_event_again_tells_nobody_twice(
    deps: Deps, clinic: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {})

    for _ in range(2):
        facilities.on_facility_changed(deps, closing(lifecycle="closed"))
    facilities.on_facility_changed(deps, closing(version=1, lifecycle="suspended"))

    assert types_of(clinic, sent).count("referral.choice_needed") == 1
    assert clinic.get(sent).json["offers"][0]["status"] == "accepted"


def test_losing_the_service_is_enough_and_losing_another_is_not(
    deps: Deps, clinic: Session, sent: str
) -> None:
    facilities.on_facility_changed(deps, closing(services=[service("dialysis")]))
    assert clinic.get(sent).json["offers"][0]["status"] == "sent"

    gone = service("dialysis", availability="not_available")
    facilities.on_facility_changed(deps, closing(version=3, services=[gone]))
    assert clinic.get(sent).json["offers"][0]["status"] == "expired"


REQUEST = Event(
    id="lab-77",
    type="referral.requested",
    source="lab.example.org",
    subject="lab-77",
    time=datetime(2026, 3, 1, 9, tzinfo=UTC),
    data={
        "service_code": "dialysis",
        "priority": "urgent",
        "from_facility_id": CLINIC,
        "shortlist": [CENTRE],
        "case_code": "LAB-3",
        "consent": {
            "status": "given",
            "given_by": "individual",
            "at": "2026-03-01T08:00:00.000Z",
        },
        "send": True,
    },
    key="lab-77",
    correlation_id="thread-1",
)


def test_a_request_of_another_system_becomes_one_referral_that_is_sent(
    deps: Deps, database: Database[Document], centre: Session, clinic: Session
) -> None:
    for _ in range(2):
        requests.on_referral_requested(deps, REQUEST)

    assert database["referrals"].count_documents({}) == 1
    item = centre.get("/v1/referrals", direction="incoming").json["items"][0]
    assert item["offers"][0]["status"] == "sent"
    own = clinic.get(f"/v1/referrals/{item['id']}").json
    assert own["person"]["case_code"] == "LAB-3"
    assert own["requested_by"] == "lab.example.org"
    history = clinic.get(f"/v1/referrals/{item['id']}/history").json["history"]
    assert {event["correlation_id"] for event in history} == {"thread-1"}


def test_the_same_id_from_another_system_is_another_request(
    deps: Deps, database: Database[Document]
) -> None:
    requests.on_referral_requested(deps, REQUEST)
    requests.on_referral_requested(deps, replace(REQUEST, source="his.example.org"))

    assert database["referrals"].count_documents({}) == 2


def with_(**changes: Any) -> Event:
    return replace(REQUEST, data={**(REQUEST.data or {}), **changes})


@pytest.mark.parametrize(
    "request_",
    [
        with_(shortlist=["fac_nobody"]),
        with_(from_facility_id="fac_nobody"),
        with_(shortlist=[]),
        with_(service_code="Dialysis for Maryam"),
        with_(requirements=["call her brother"]),
        with_(consent={"status": "refused", "given_by": "other", "at": "2026-03-01T08:00:00Z"}),
    ],
    ids=["no receiver", "no sender", "nobody", "no code", "words", "no consent"],
)
def test_a_request_that_cannot_be_met_says_why_and_writes_nothing(
    deps: Deps, database: Database[Document], request_: Event
) -> None:
    """The consumer parks it, with the reason, until somebody mends what is wrong."""
    with pytest.raises((Invalid, Conflict)):
        requests.on_referral_requested(deps, request_)

    assert database["referrals"].count_documents({}) == 0
