"""Registering, reading and changing facilities, and moving them through their life."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.conftest import As, Session
from tests.registry.samples import DIALYSIS, HOSPITAL, registered

from ihala_registry.usecases.deps import Deps

UNKNOWN = "/v1/facilities/fac_00000000000000000000000000"


def test_a_registered_facility_can_be_read_by_everyone(editor: Session, clinic: Session) -> None:
    """The answer says where it is, and which version."""
    answer = editor.post("/v1/facilities", DIALYSIS)

    assert answer.status_code == 201
    read = clinic.get(answer.headers["Location"])
    assert read.status_code == 200
    assert read.json["name"]["en"] == "Dialysis centre"
    assert read.json["lifecycle"] == "operational"
    assert read.headers["ETag"] == '"1"'


def test_the_write_carries_its_event(editor: Session, deps: Deps) -> None:
    """State and event are one document, so neither can be there without the other."""
    path = registered(editor, DIALYSIS)

    document = deps.facilities.history.get(path.rpartition("/")[2])
    assert document is not None
    assert [entry["type"] for entry in document["history"]] == ["facility.registered"]
    assert document["unsent"] == 1


def test_the_same_request_again_registers_nothing_again(editor: Session, deps: Deps) -> None:
    """Its Idempotency-Key is kept in the facility that it made."""
    first = editor.post("/v1/facilities", DIALYSIS, key="one")
    second = editor.post("/v1/facilities", DIALYSIS, key="one")
    other = editor.post("/v1/facilities", HOSPITAL, key="one")

    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json["type"]) == (
        422,
        "urn:ihala:problem:idempotency-key-reused",
    )
    assert deps.facilities.collection.count_documents({}) == 1


def test_what_one_has_read_already_is_not_sent_again(editor: Session) -> None:
    """304 for the ETag that one has."""
    path = registered(editor, DIALYSIS)

    assert editor.get(path, {"If-None-Match": '"1"'}).status_code == 304
    assert editor.get(path, {"If-None-Match": '"2"'}).status_code == 200


def test_a_merge_patch_changes_what_it_names(editor: Session) -> None:
    """Objects are merged, null removes, all else stays."""
    path = registered(editor, HOSPITAL)

    changed = editor.patch(
        path,
        {"name": {"en": "New name", "fr": None}, "location": {"address": None}, "tier": "tertiary"},
        '"1"',
    )

    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert changed.json["name"] == {"ar": HOSPITAL["name"]["ar"], "en": "New name"}
    assert changed.json["location"]["point"] == HOSPITAL["location"]["point"]
    assert changed.json["location"]["address"] is None


def test_a_patch_that_changes_nothing_spends_no_version(editor: Session) -> None:
    """And causes no event."""
    path = registered(editor, DIALYSIS)

    same = editor.patch(path, {"name": {"en": "Dialysis centre"}}, '"1"')

    assert (same.status_code, same.headers["ETag"]) == (200, '"1"')


@pytest.mark.parametrize(
    ("etag", "status"), [(None, 428), ('"9"', 412), ('W/"1"', 412), ("*", 428), ("1", 400)]
)
def test_a_change_must_name_the_version_it_was_made_from(
    editor: Session, etag: str | None, status: int
) -> None:
    """So nobody overwrites what they have not seen."""
    path = registered(editor, DIALYSIS)

    assert editor.patch(path, {"tier": "primary"}, etag).status_code == status


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": "Hospital"}, "/name"),
        ({"type": "castle"}, "/type"),
        ({"location": {"point": {"lat": 91}}}, "/location/point/lat"),
        ({"location": {"admin": {"adm1": "a b"}}}, "/location/admin/adm1"),
        ({"contacts": [{"channel": "email", "value": "nobody"}]}, "/contacts/0/value"),
        ({"contacts": [{"channel": "phone", "value": "12"}]}, "/contacts/0/value"),
        ({"contacts": [{"channel": "webhook", "value": "http://a.b"}]}, "/contacts/0/value"),
        ({"time_zone": "Asia/Atlantis"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"opening_hours": [{"rrule": "FREQ=SECONDLY"}]}, "/opening_hours/0/rrule"),
        (
            {"managing_organisation_id": "org_00000000000000000000000000"},
            "/managing_organisation_id",
        ),
        ({"version": 7}, "/version"),
        ({"catchment_population": "many"}, "/catchment_population"),
    ],
)
def test_a_wrong_change_is_refused_with_its_place(
    editor: Session, patch: dict[str, Any], pointer: str
) -> None:
    """Nothing is half changed."""
    path = registered(editor, DIALYSIS)

    refused = editor.patch(path, patch, '"1"')

    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json["errors"]]
    assert editor.get(path).headers["ETag"] == '"1"'


def test_no_two_facilities_share_an_identifier(editor: Session) -> None:
    """The other one is named; also when a change would make it so."""
    mine = {"identifiers": [{"system": "urn:his", "value": "17"}]}
    first = registered(editor, DIALYSIS | mine).rpartition("/")[2]

    again = editor.post("/v1/facilities", HOSPITAL | mine)
    other = registered(editor, HOSPITAL)
    changed = editor.patch(other, mine, '"1"')

    for refused in (again, changed):
        assert refused.status_code == 409
        assert refused.json["type"] == "urn:ihala:problem:identifier-taken"
        assert first in refused.json["detail"]


def test_a_life_is_moved_with_a_reason(editor: Session) -> None:
    """Each step is in the history, with who did it."""
    path = registered(editor, DIALYSIS | {"lifecycle": "equipped"})

    opened = editor.post(f"{path}/lifecycle", {"to": "operational", "reason": "Opening day"})

    assert opened.json["lifecycle"] == "operational"
    newest = editor.get(f"{path}/history").json["items"][0]
    assert newest["type"] == "facility.lifecycle_changed"
    assert newest["data"] == {"from": "equipped", "to": "operational", "reason": "Opening day"}
    assert newest["actor"] == "test-registry_editor"


def test_a_life_goes_nowhere_it_does_not_lead(editor: Session) -> None:
    """409, saying where it may go."""
    path = registered(editor, DIALYSIS | {"lifecycle": "planned"})

    refused = editor.post(f"{path}/lifecycle", {"to": "operational", "reason": "Hurry"})

    assert refused.status_code == 409
    assert refused.json["type"] == "urn:ihala:problem:transition-not-allowed"
    assert "under_construction" in refused.json["detail"]


def test_the_same_move_again_moves_nothing_again(editor: Session) -> None:
    """A retry whose first answer was lost gets the facility as it stands."""
    path = registered(editor, DIALYSIS)
    body = {"to": "suspended", "reason": "No electricity"}

    editor.post(f"{path}/lifecycle", body, key="one")
    again = editor.post(f"{path}/lifecycle", body, key="one")

    assert again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(editor.get(f"{path}/history").json["items"]) == 2


@pytest.mark.parametrize("role", ["clinic", "protection", "coordinator", "operator", "machine"])
def test_only_editors_write(editor: Session, as_: As, role: str) -> None:
    """Everybody else reads."""
    path = registered(editor, DIALYSIS)
    other = as_(role)

    assert other.post("/v1/facilities", DIALYSIS).status_code == 403
    assert other.patch(path, {"tier": "primary"}, '"1"').status_code == 403
    assert other.post(f"{path}/lifecycle", {"to": "closed", "reason": "x"}).status_code == 403
    assert other.get(path).status_code == 200


def test_what_there_is_not_is_not_found(editor: Session) -> None:
    """The same for every way to ask."""
    assert editor.get(UNKNOWN).status_code == 404
    assert editor.get(f"{UNKNOWN}/history").status_code == 404
    assert editor.patch(UNKNOWN, {}, '"1"').status_code == 404
    assert editor.post(f"{UNKNOWN}/lifecycle", {"to": "closed", "reason": "x"}).status_code == 404
    assert editor.get("/v1/facilities/nonsense").status_code == 404
