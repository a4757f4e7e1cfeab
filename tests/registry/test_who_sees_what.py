"""Who sees what: what must not be known is in no answer, order, distance, filter or event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.registry.conftest import As, Session
from tests.registry.samples import DIALYSIS, HOSPITAL, at, registered

from ihala_registry.handlers.outlets import facility_outgoing
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.publish_areas import publish_areas

CENTRE = {"lat": 36.0, "lon": 36.5}


@pytest.fixture
def areas(editor: Session) -> None:
    body = {"level": "adm3", "name": {"en": "Example"}, "centroid": CENTRE}
    assert editor.put("/v1/areas/SY070203", body).status_code == 200


def place(session: Session, path: str) -> dict[str, Any]:
    found: dict[str, Any] = session.get(path).json["location"]
    return found


def test_a_hospital_in_a_conflict_area_shows_the_centre_of_its_subdistrict(
    editor: Session, clinic: Session, areas: None
) -> None:
    """Nobody has to remember to protect it."""
    path = registered(editor, HOSPITAL)

    seen = place(clinic, path)
    assert seen == {
        "sensitivity": "coarse",
        "precision": "area",
        "point": CENTRE,
        "admin": {"country": "SY", "adm1": "SY07", "adm2": "SY0702", "adm3": "SY070203"},
        "address": None,
    }


def test_its_own_staff_and_editors_see_the_place_itself(
    editor: Session, as_: As, areas: None
) -> None:
    """And what everybody else sees of it."""
    path = registered(editor, HOSPITAL)
    staff = as_("clinic", facilities=[path.rpartition("/")[2]])

    for session in (editor, staff, as_("registry_approver"), as_("operator")):
        seen = place(session, path)
        assert seen["point"] == HOSPITAL["location"]["point"]
        assert seen["address"] == "Behind the old market"
        assert seen["published_point"] == CENTRE


def test_identifiers_that_lead_to_the_place_are_for_staff(editor: Session, clinic: Session) -> None:
    """Whoever knows the node on another map knows where it is."""
    node = {"identifiers": [{"system": "https://www.openstreetmap.org", "value": "node/1"}]}
    coarse, public = registered(editor, HOSPITAL | node), registered(editor, DIALYSIS)
    editor.patch(public, {"identifiers": [{"system": "urn:his", "value": "2"}]}, '"1"')

    assert "identifiers" not in clinic.get(coarse).json
    assert editor.get(coarse).json["identifiers"] == node["identifiers"]
    assert len(clinic.get(public).json["identifiers"]) == 1


def test_contacts_for_staff_and_internal_ones_are_not_for_everybody(
    editor: Session, clinic: Session
) -> None:
    """The public sees the public ones."""
    path = registered(editor, DIALYSIS)

    assert [one["value"] for one in clinic.get(path).json["contacts"]] == ["+963944123456"]
    assert len(editor.get(path).json["contacts"]) == 3


def test_the_topic_carries_desks_and_the_published_place_only(
    editor: Session, deps: Deps, areas: None
) -> None:
    """Whatever is for staff stays here, and so does the internal address."""
    id_ = registered(editor, HOSPITAL | {"contacts": DIALYSIS["contacts"]}).rpartition("/")[2]
    document = deps.facilities.history.get(id_)
    assert document is not None

    sent = json.dumps(facility_outgoing(document, document["history"][0]).data)

    assert "desk@dialysis.example.org" in sent
    assert "head@dialysis.example.org" not in sent
    for secret in ("35.95", "36.67", "C4126", "market"):
        assert secret not in sent


@pytest.mark.parametrize("sensitivity", ["coarse", "hidden"])
def test_the_public_answers_are_the_same_wherever_in_the_area_the_facility_is(
    editor: Session, clinic: Session, areas: None, sensitivity: str
) -> None:
    """No search tells two exact points of one area apart: not by finding, order or distance."""
    admin = {"adm1": "SY07", "adm2": "SY0702", "adm3": "SY070203", "adm4": "C4126"}
    path = registered(editor, HOSPITAL | {"location": at(35.91, 36.41, sensitivity, **admin)})
    searches: list[dict[str, Any]] = [
        {"near": f"{lat},{lon}", "radius_m": radius}
        for lat, lon in ((35.91, 36.41), (36.09, 36.59), (36.0, 36.5))
        for radius in (500, 5_000, 15_000, 50_000)
    ] + [{"area": area} for area in ("C4126", "SY070203", "SY0702", "SY07", "SY")]

    def answers() -> list[Any]:
        found = [clinic.get("/v1/facilities", **query).json["items"] for query in searches]
        return [
            [(one["id"], one.get("distance_m"), one["location"]) for one in many] for many in found
        ]

    before = answers()
    moved = editor.patch(
        path,
        {"location": {"point": {"lat": 36.09, "lon": 36.59}, "admin": {"adm4": "C9999"}}},
        '"1"',
    )

    assert moved.status_code == 200
    assert answers() == before
    assert any(before) == (sensitivity == "coarse") or sensitivity == "hidden"


def test_editors_search_what_everybody_searches(editor: Session, areas: None) -> None:
    """Near counts to the published point for all, in whole kilometres for coarse ones."""
    registered(editor, HOSPITAL)
    exact = HOSPITAL["location"]["point"]

    near = editor.get("/v1/facilities", near=f"{exact['lat']},{exact['lon']}", radius_m=1000)
    there = editor.get("/v1/facilities", near="36.0,36.5", radius_m=1000)

    assert near.json["items"] == []
    assert [one["distance_m"] for one in there.json["items"]] == [0]


def test_a_hidden_facility_is_found_by_name_but_near_no_place(
    editor: Session, clinic: Session
) -> None:
    """Only its governorate is known."""
    path = registered(editor, HOSPITAL | {"location": at(36, 36.5, "hidden", adm1="SY07")})

    assert place(clinic, path)["point"] is None
    assert clinic.get("/v1/facilities", near="36,36.5", radius_m=500_000).json["items"] == []
    assert len(clinic.get("/v1/facilities", q="مستشفي").json["items"]) == 1
    assert len(clinic.get("/v1/facilities", area="SY07").json["items"]) == 1


def test_who_reported_and_who_changed_is_for_staff(editor: Session, clinic: Session) -> None:
    """The public sees what and when."""
    path = registered(editor, DIALYSIS)
    editor.put(f"{path}/status", {"functionality": "full"})

    assert "reported_by" not in clinic.get(path).json["status"]
    assert editor.get(path).json["status"]["reported_by"] == "test-registry_editor"
    assert all("actor" not in one for one in clinic.get(f"{path}/history").json["items"])


def test_a_changed_centroid_moves_the_coarse_facilities_in_its_area(
    editor: Session, clinic: Session, deps: Deps, areas: None
) -> None:
    """Soon after, by the worker, as a change like any other."""
    path = registered(editor, HOSPITAL)
    body = {"level": "adm3", "name": {"en": "Example"}, "centroid": {"lat": 36.1, "lon": 36.6}}
    while publish_areas(deps):
        pass
    assert clinic.get(path).headers["ETag"] == '"1"'

    editor.put("/v1/areas/SY070203", body, '"1"')
    while publish_areas(deps):
        pass

    assert place(clinic, path)["point"] == {"lat": 36.1, "lon": 36.6}
    newest = clinic.get(f"{path}/history").json["items"][0]
    assert (newest["type"], newest["data"]) == ("facility.changed", {"changed": ["location"]})
