"""Reports of status and capacity: who may send them, which counts, and how they grow old."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.conftest import As, MovingClock, Registry, Session
from tests.registry.samples import DIALYSIS, registered

CAPACITY = {"unit": "chair", "maximum": 12, "available": 3}
EIGHT, NINE = "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"


@pytest.fixture
def path(editor: Session) -> str:
    path = registered(editor, DIALYSIS)
    put = editor.put(f"{path}/services/dialysis", {"availability": "fully"}, '"1"')
    assert put.status_code == 200, put.json
    return path


def capacity(session: Session, path: str) -> dict[str, Any]:
    found: dict[str, Any] = session.get(f"{path}/services/dialysis").json["capacity"]
    return found


def test_staff_report_the_capacity_of_their_own_facility(path: str, as_: As) -> None:
    """The figures say the status, and the unit says how long it holds."""
    staff = as_("clinic", facilities=[path.rpartition("/")[2]])

    answer = staff.put(f"{path}/services/dialysis/capacity", CAPACITY | {"reported_at": EIGHT})

    assert answer.status_code == 200
    assert answer.json["capacity"] == CAPACITY | {
        "status": "capacity",
        "reported_at": "2026-03-01T08:00:00.000Z",
        "valid_until": "2026-03-02T08:00:00.000Z",
        "reported_by": "test-clinic",
    }


def test_capacity_decays(path: str, editor: Session, clinic: Session, clock: MovingClock) -> None:
    """Past valid_until it reads unknown, with its age, also for who has it cached."""
    editor.put(f"{path}/services/dialysis/capacity", CAPACITY)
    fresh = clinic.get(path)
    cached = {"If-None-Match": fresh.headers["ETag"]}
    assert clinic.get(path, cached).status_code == 304

    clock.move(hours=25)

    aged = clinic.get(path, cached)
    assert aged.status_code == 200
    assert aged.headers["ETag"] == fresh.headers["ETag"]
    shown = aged.json["services"][0]["capacity"]
    assert (shown["status"], shown["last_known_status"]) == ("unknown", "capacity")
    assert shown["age_s"] == pytest.approx(25 * 3600, abs=2)
    assert shown["available"] == 3


def test_an_older_report_is_filed_and_changes_nothing(
    path: str, editor: Session, registry: Registry
) -> None:
    """Reports may arrive in any order."""
    target = f"{path}/services/dialysis/capacity"
    editor.put(target, CAPACITY | {"reported_at": NINE})

    late = editor.put(target, CAPACITY | {"available": 9, "reported_at": EIGHT})

    assert late.status_code == 200
    assert late.json["capacity"]["available"] == 3
    filed = {
        one["available"]: one["seen_as"] for one in registry.database["capacity_reports"].find()
    }
    assert filed == {3: "newer", 9: "older"}


def test_the_same_report_again_is_filed_once(
    path: str, editor: Session, registry: Registry
) -> None:
    """A retry after a lost answer does no harm."""
    for _ in range(3):
        editor.put(f"{path}/services/dialysis/capacity", CAPACITY | {"reported_at": EIGHT})
        editor.put(f"{path}/status", {"functionality": "full", "reported_at": EIGHT})

    assert registry.database["capacity_reports"].count_documents({}) == 1
    assert registry.database["status_reports"].count_documents({}) == 1
    types = [one["type"] for one in editor.get(f"{path}/history").json["items"]]
    assert types.count("facility.capacity_reported") == 1
    assert types.count("facility.status_reported") == 1


def test_a_status_is_reported_as_a_whole(path: str, editor: Session, clinic: Session) -> None:
    """HeRAMS: functionality, utilities, ranked causes."""
    said = {
        "functionality": "partial",
        "accessibility": "full",
        "utilities": {"power": "partial", "oxygen": "not_available"},
        "causes": ["supplies", "staff"],
    }
    editor.put(f"{path}/status", {"functionality": "none", "building_condition": "slightly"})

    answer = editor.put(f"{path}/status", said)

    assert answer.status_code == 200
    status = clinic.get(path).json["status"]
    assert status == said | {"reported_at": status["reported_at"]}


def test_a_closed_facility_takes_no_reports(path: str, editor: Session) -> None:
    """409, whoever reports."""
    editor.post(f"{path}/lifecycle", {"to": "closed", "reason": "End"})

    for answer in (
        editor.put(f"{path}/status", {"functionality": "full"}),
        editor.put(f"{path}/services/dialysis/capacity", CAPACITY),
        editor.put(f"{path}/services/surgery", {"availability": "fully"}, '"3"'),
    ):
        assert answer.status_code == 409
        assert answer.json["type"] == "urn:ihala:problem:facility-closed"


@pytest.mark.parametrize(
    ("role", "own", "status"),
    [
        ("clinic", True, 200),
        ("clinic", False, 403),
        ("coordinator", False, 403),
        ("machine", True, 200),
        ("machine", False, 200),
        ("registry_approver", False, 200),
        ("operator", False, 403),
    ],
)
def test_who_may_report(path: str, as_: As, role: str, own: bool, status: int) -> None:
    """Staff for their own; a machine without facilities of its own for all."""
    session = as_(role, facilities=[path.rpartition("/")[2]] if own else [])

    assert session.put(f"{path}/status", {"functionality": "full"}).status_code == status
    answer = session.put(f"{path}/services/dialysis/capacity", CAPACITY)
    assert answer.status_code == status


def test_a_machine_of_one_facility_reports_for_no_other(path: str, as_: As) -> None:
    """Its token says which are its own."""
    machine = as_("machine", facilities=["fac_00000000000000000000000000"])

    assert machine.put(f"{path}/status", {"functionality": "full"}).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"available": 13}, "/available"),
        ({"reported_at": "2026-03-01T10:00:00Z"}, "/reported_at"),
        ({"reported_at": EIGHT, "valid_until": EIGHT}, "/valid_until"),
        ({"reported_at": EIGHT, "valid_until": "2026-05-01T00:00:00Z"}, "/valid_until"),
        ({"unit": "sofa"}, "/unit"),
        ({"available": -1}, "/available"),
        ({"available": 1.5}, "/available"),
        ({"available": True}, "/available"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    path: str, editor: Session, registry: Registry, change: dict[str, Any], pointer: str
) -> None:
    """Nothing is filed."""
    refused = editor.put(f"{path}/services/dialysis/capacity", CAPACITY | change)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]
    assert registry.database["capacity_reports"].count_documents({}) == 0


def test_a_report_may_insist_on_a_version(path: str, editor: Session) -> None:
    """If-Match is optional here: reported_at decides which report counts."""
    assert editor.put(f"{path}/status", {"functionality": "full"}, '"1"').status_code == 412
    assert editor.put(f"{path}/status", {"functionality": "full"}, '"2"').status_code == 200


def test_there_is_no_capacity_of_a_service_that_is_not_listed(path: str, editor: Session) -> None:
    """404, saying which."""
    answer = editor.put(f"{path}/services/surgery/capacity", CAPACITY)

    assert answer.status_code == 404
    assert "surgery" in answer.json["detail"]


def test_a_changed_service_keeps_its_capacity(path: str, editor: Session) -> None:
    """It goes with the service, when that is taken from the list."""
    editor.put(f"{path}/services/dialysis/capacity", CAPACITY)
    body = {"availability": "partially", "causes": ["staff"]}

    changed = editor.put(f"{path}/services/dialysis", body, '"3"')
    assert (changed.status_code, changed.json["capacity"]["available"]) == (200, 3)

    assert editor.delete(f"{path}/services/dialysis").status_code == 428
    assert editor.delete(f"{path}/services/dialysis", '"4"').status_code == 204
    assert editor.get(path).json["services"] == []
    assert editor.delete(f"{path}/services/dialysis", '"5"').status_code == 404


def test_a_service_must_be_in_the_taxonomy(path: str, editor: Session) -> None:
    """404 for a code that there is not; the list says which there are."""
    refused = editor.put(f"{path}/services/magic", {"availability": "fully"}, '"2"')
    listed = editor.get("/v1/service-types").json

    assert refused.status_code == 404
    assert "/v1/service-types" in refused.json["detail"]
    assert {"ar", "fr", "en"} == set(listed["items"][0]["name"])
    assert len({one["code"] for one in listed["items"]}) == len(listed["items"])
