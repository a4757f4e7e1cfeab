"""Lists: what concerns the caller, filtered by what was asked, page after page."""

from __future__ import annotations

from typing import Any

import pytest
from tests.referrals.conftest import As, Session
from tests.referrals.samples import CENTRE, CLINIC, FAR, HOSPITAL, PHONE, referral


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]


def id_of(answer: Any) -> str:
    return str(answer.json["id"])


def test_incoming_and_outgoing_are_told_apart(
    clinic: Session, centre: Session, hospital: Session, sent: str
) -> None:
    own = id_of(clinic.get(sent))

    assert ids(clinic.get("/v1/referrals", direction="outgoing")) == [own]
    assert ids(clinic.get("/v1/referrals", direction="incoming")) == []
    assert ids(centre.get("/v1/referrals", direction="incoming")) == [own]
    assert ids(centre.get("/v1/referrals", direction="outgoing")) == []
    assert ids(hospital.get("/v1/referrals")) == []


def test_a_draft_is_in_nobody_else_s_list(
    clinic: Session, centre: Session, coordinator: Session
) -> None:
    draft = id_of(clinic.post("/v1/referrals", referral()))

    assert ids(clinic.get("/v1/referrals")) == [draft]
    assert ids(centre.get("/v1/referrals")) == []
    assert ids(coordinator.get("/v1/referrals")) == [draft]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"priority": "urgent"}, True),
        ({"priority": "emergency"}, False),
        ({"service_code": "dialysis"}, True),
        ({"service_code": "surgery"}, False),
        ({"status": "active"}, True),
        ({"status": "draft"}, False),
        ({"facility_id": CLINIC}, True),
        ({"facility_id": FAR}, False),
        ({"direction": "outgoing", "status": "active", "priority": "urgent"}, True),
    ],
)
def test_a_filtered_list_holds_what_was_filtered(
    clinic: Session, sent: str, filters: dict[str, str], found: bool
) -> None:
    assert bool(ids(clinic.get("/v1/referrals", **filters))) == found


def test_incoming_is_filtered_by_the_own_offer_s_status(
    clinic: Session, centre: Session, hospital: Session
) -> None:
    """A facility that declined does not find it among what is sent to others now."""
    path = clinic.post("/v1/referrals", referral(send=True, auto_forward=True)).headers["Location"]
    centre.post(f"{path}/offers/1/decline", {"reason": "no_capacity"})

    def incoming(session: Session, status: str) -> list[str]:
        return ids(session.get("/v1/referrals", direction="incoming", status=status))

    assert incoming(centre, "declined")
    assert not incoming(centre, "sent")
    assert incoming(hospital, "sent")


def test_a_status_of_the_other_direction_is_refused(clinic: Session) -> None:
    wrong = clinic.get("/v1/referrals", direction="incoming", status="fulfilled")

    assert wrong.status_code == 422


def test_a_referral_is_found_by_its_code_however_it_was_written(
    clinic: Session, stranger: Session, sent: str
) -> None:
    code = clinic.get(sent).json["code"]

    assert ids(clinic.get("/v1/referrals", code=code.lower().replace("-", " ")))
    assert ids(clinic.get("/v1/referrals", code="nonsense")) == []
    assert ids(stranger.get("/v1/referrals", code=code)) == []


def test_pages_follow_one_another_newest_first_without_a_gap(clinic: Session) -> None:
    made = [id_of(clinic.post("/v1/referrals", referral())) for _ in range(5)]

    first = clinic.get("/v1/referrals", limit=2)
    second = clinic.get("/v1/referrals", limit=2, cursor=first.json["next"])
    third = clinic.get("/v1/referrals", limit=2, cursor=second.json["next"])

    assert [*ids(first), *ids(second), *ids(third)] == sorted(made, reverse=True)
    assert third.json["next"] is None


def test_a_list_names_nobody(clinic: Session, sent: str) -> None:
    item = clinic.get("/v1/referrals").json["items"][0]

    assert item["person"] == {"age_band": "18_to_59", "case_code": "HD-0917"}
    assert "reason" not in item


def test_a_coordinator_finds_what_is_to_be_reviewed(clinic: Session, coordinator: Session) -> None:
    body = referral(priority="emergency", send=True)
    body["consent"] |= {"status": "refused", "override": {"reason": "unconscious"}}
    clinic.post("/v1/referrals", referral())
    overridden = clinic.post("/v1/referrals", body)

    assert overridden.json["review"] == "consent_override"
    assert ids(coordinator.get("/v1/referrals", review="consent_override")) == [id_of(overridden)]


def ask(session: Session, **person: str) -> list[str]:
    question = {"service_code": "dialysis", "person": person}
    answer = session.post("/v1/referrals/duplicates", question)
    assert answer.status_code == 200, answer.json
    return [found["id"] for found in answer.json["duplicates"]]


def test_the_same_person_is_recognised_before_the_form_is_filled(clinic: Session) -> None:
    """By phone, by the facility's own case code, by name and birth date; not by a name alone."""
    made = id_of(clinic.post("/v1/referrals", referral()))

    assert ask(clinic, phone=PHONE) == [made]
    assert ask(clinic, case_code="hd-0917") == [made]
    assert ask(clinic, name="مريم الاحمد", birth_date="1968-04-02") == [made]
    assert ask(clinic, name="مريم الأحمد") == []


def test_an_ended_referral_does_not_stand_in_the_way(clinic: Session, sent: str) -> None:
    clinic.post(f"{sent}/void", {"reason": "admitted_elsewhere"})

    assert ask(clinic, phone=PHONE) == []


def test_another_facility_cannot_ask_who_is_referred_here(
    stranger: Session, centre: Session, as_: As, sent: str
) -> None:
    assert ask(stranger, phone=PHONE) == []
    assert ask(centre, phone=PHONE) == []
    assert ask(as_("protection", [CLINIC]), phone=PHONE) == []


def test_matches_are_ranked_with_their_reasons(clinic: Session) -> None:
    answer = clinic.get("/v1/matches", service="dialysis", facility_id=CLINIC, priority="urgent")

    assert answer.status_code == 200
    assert [match["facility_id"] for match in answer.json["matches"]] == [CENTRE, HOSPITAL, FAR]
    assert answer.json["matches"][0]["why"]["distance_m"] == 2900
