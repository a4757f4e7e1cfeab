"""What cannot be a referral, or an answer to one, is refused with a pointer; nothing is written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.referrals.conftest import Session
from tests.referrals.samples import CENTRE, CLINIC, CONSENT, FAR, referral

from ihala.mongo import Database, Document


def changed(**at: Any) -> dict[str, Any]:
    """A good body with one thing wrong: ``changed(person__age=-1)``."""
    body = copy.deepcopy(referral())
    for path, value in at.items():
        place: Any = body
        *parents, last = path.split("__")
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[last] = value
    return body


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (changed(priority="soon"), "/priority"),
        (changed(kind="protection"), "/kind"),
        (changed(unknown=1), "/unknown"),
        (changed(service_code="Dialysis!"), "/service_code"),
        (changed(person__age=-1), "/person/age"),
        (changed(person__phone="call me"), "/person/phone"),
        (changed(person__birth_date="1968-13-01"), "/person/birth_date"),
        (changed(person__nickname="x"), "/person/nickname"),
        (changed(person__languages="ar"), "/person/languages"),
        (changed(consent__status="withdrawn"), "/consent/status"),
        (changed(consent__at="2027-01-01T00:00:00Z"), "/consent/at"),
        (changed(consent__expires="2020-01-01T00:00:00Z"), "/consent/expires"),
        (changed(consent__scope__0__fields=["soul"]), "/consent/scope/0/fields/0"),
        (changed(consent__scope=[{"fields": ["name"]}]), "/consent/scope/0"),
        (changed(consent__override={"reason": "unconscious"}), "/consent/override"),
        (changed(shortlist=[CENTRE, CENTRE]), "/shortlist"),
        (changed(shortlist="x"), "/shortlist"),
        (changed(shortlist=[], send=True), "/shortlist"),
        (changed(reason="a\u0000b"), "/reason"),
        (changed(send="yes"), "/send"),
        (changed(from_facility_id="somewhere"), "/from_facility_id"),
    ],
)
def test_bad_input_is_refused_with_a_pointer_and_nothing_is_written(
    database: Database[Document], clinic: Session, body: dict[str, Any], pointer: str
) -> None:
    answer = clinic.post("/v1/referrals", body)

    assert 400 <= answer.status_code < 500
    assert answer.content_type == "application/problem+json"
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert database["referrals"].count_documents({}) == 0


def test_contact_needs_an_address(clinic: Session) -> None:
    body = referral(consent={**CONSENT, "contact": True}, person={"name": "M"})

    answer = clinic.post("/v1/referrals", body)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/consent/contact"


def test_nobody_refers_from_a_facility_of_others(stranger: Session) -> None:
    answer = stranger.post("/v1/referrals", referral(from_facility_id=CLINIC))

    assert answer.status_code == 403
    assert answer.json["errors"][0]["pointer"] == "/from_facility_id"


def test_who_works_at_several_facilities_says_from_which(as_: Any) -> None:
    both = as_("clinic", [CLINIC, FAR])

    assert both.post("/v1/referrals", referral()).status_code == 422
    assert both.post("/v1/referrals", referral(from_facility_id=FAR)).status_code == 201


@pytest.mark.parametrize(
    ("facility", "type_"),
    [
        ("fac_00000000000000000000n0ne0", "facility-not-usable"),
        (CLINIC, "facility-not-usable"),
        (FAR, "consent-missing"),
    ],
)
def test_an_offer_goes_only_where_it_may(
    database: Database[Document], clinic: Session, facility: str, type_: str
) -> None:
    answer = clinic.post("/v1/referrals", referral(shortlist=[facility], send=True))

    assert answer.status_code == 409
    assert answer.json["type"] == f"urn:ihala:problem:{type_}"
    assert database["referrals"].count_documents({}) == 0


def test_an_offer_that_does_not_exist_is_not_found(centre: Session, sent: str) -> None:
    assert centre.post(f"{sent}/offers/2/accept", {}).status_code == 404
    assert centre.post(f"{sent}/offers/0/accept", {}).status_code == 404
    assert centre.post(f"{sent}/offers/1/explode", {}).status_code == 404


@pytest.mark.parametrize(
    ("action", "body", "pointer"),
    [
        ("decline", {}, "/reason"),
        ("decline", {"reason": "other"}, "/note"),
        ("decline", {"reason": "because"}, "/reason"),
        ("accept", {"expected_on": "soon"}, "/expected_on"),
        ("accept", {"recorded_by_phone": {}}, "/recorded_by_phone/witness"),
        ("schedule", {}, "/scheduled_at"),
        ("complete", {}, "/outcome"),
        ("waitlist", {"expected_wait_days": -1}, "/expected_wait_days"),
        ("request-information", {}, "/note"),
    ],
)
def test_an_action_says_what_it_misses(
    centre: Session, sent: str, action: str, body: dict[str, Any], pointer: str
) -> None:
    answer = centre.post(f"{sent}/offers/1/{action}", body)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer
    assert centre.get(sent).json["version"] == 1
