"""Organisations and areas."""

from __future__ import annotations

from typing import Any

from tests.registry.conftest import As, Session
from tests.registry.samples import DIALYSIS

from ihala_registry.handlers.outlets import organisation_outgoing
from ihala_registry.usecases.deps import Deps

DIRECTORATE: dict[str, Any] = {
    "name": {"ar": "مديرية الصحة", "en": "Health directorate"},
    "kind": "health_directorate",
    "contacts": [
        {"channel": "email", "value": "desk@health.example.org", "visibility": "public"},
        {"channel": "email", "value": "head@health.example.org", "purpose": "internal"},
    ],
}


def entered(editor: Session, **more: Any) -> str:
    answer = editor.post("/v1/organisations", DIRECTORATE | more)
    assert answer.status_code == 201, answer.json
    id_: str = answer.json["id"]
    return id_


def test_an_organisation_is_entered_read_listed_and_changed(
    editor: Session, clinic: Session
) -> None:
    """Its contacts for staff are not for everybody."""
    id_ = entered(editor)
    path = f"/v1/organisations/{id_}"

    assert [one["value"] for one in clinic.get(path).json["contacts"]] == [
        "desk@health.example.org"
    ]
    assert len(editor.get(path).json["contacts"]) == 2
    changed = editor.patch(path, {"active": False}, '"1"')
    assert (changed.json["active"], changed.headers["ETag"]) == (False, '"2"')
    listed = clinic.get("/v1/organisations", kind="health_directorate").json["items"]
    assert [one["id"] for one in listed] == [id_]
    assert clinic.get("/v1/organisations", kind="ngo").json["items"] == []
    assert clinic.patch(path, {"active": True}, '"2"').status_code == 403


def test_nobody_is_their_own_ancestor(editor: Session) -> None:
    """A circle of parents would never end."""
    top = entered(editor)
    below = entered(editor, parent_id=top)

    refused = editor.patch(f"/v1/organisations/{top}", {"parent_id": below}, '"1"')
    unknown = editor.post(
        "/v1/organisations", DIRECTORATE | {"parent_id": "org_00000000000000000000000000"}
    )

    assert [error["code"] for error in refused.json["errors"]] == ["cycle"]
    assert [error["code"] for error in unknown.json["errors"]] == ["unknown"]


def test_a_facility_names_the_organisations_behind_it(editor: Session) -> None:
    """Only ones that there are."""
    id_ = entered(editor)
    support = {"organisation_id": id_, "kind": "staff", "level": "major"}
    more = {"managing_organisation_id": id_, "supporting_organisations": [support]}

    answer = editor.post("/v1/facilities", DIALYSIS | more)

    assert answer.status_code == 201
    assert answer.json["supporting_organisations"] == [support]


def test_the_topic_carries_no_internal_contact(editor: Session, deps: Deps) -> None:
    """Only desks."""
    document = deps.organisations.history.get(entered(editor))
    assert document is not None

    data = organisation_outgoing(document, document["history"][0]).data

    assert data is not None
    contacts = data["organisation"]["contacts"]
    assert [one["value"] for one in contacts] == ["desk@health.example.org"]


def test_areas_are_kept_by_their_pcode(editor: Session, clinic: Session, as_: As) -> None:
    """One that exists is replaced by who has read it."""
    dana = {"level": "adm3", "name": {"en": "Dana"}, "parent": "SY0702"}
    assert editor.put("/v1/areas/SY070203", dana).status_code == 200
    assert editor.put("/v1/areas/SY070203", dana).status_code == 428
    assert editor.put("/v1/areas/SY070203", dana, '"7"').status_code == 412
    assert editor.put("/v1/areas/SY070203", dana, '"1"').headers["ETag"] == '"1"'
    changed = editor.put("/v1/areas/SY070203", dana | {"name": {"ar": "الدانا"}}, '"1"')

    assert changed.headers["ETag"] == '"2"'
    assert clinic.get("/v1/areas/SY070203").json["name"] == {"ar": "الدانا"}
    assert [one["pcode"] for one in clinic.get("/v1/areas", parent="SY0702").json["items"]] == [
        "SY070203"
    ]
    assert clinic.get("/v1/areas", level="adm1").json["items"] == []
    assert clinic.put("/v1/areas/SY07", dana).status_code == 403
    assert as_("operator").put("/v1/areas/SY07", dana).status_code == 200
    assert clinic.get("/v1/areas/SY99").status_code == 404
