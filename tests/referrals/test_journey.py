"""The main road: written down, sent, accepted, treated, closed; and the road after a no."""

from __future__ import annotations

from tests.referrals.conftest import Session
from tests.referrals.samples import CENTRE, HOSPITAL, NAME, referral


def status_of(session: Session, path: str) -> str:
    return str(session.get(path).json["status"])


def events_of(session: Session, path: str) -> list[str]:
    return [event["type"] for event in session.get(f"{path}/history").json["history"]]


def test_a_referral_travels_from_the_clinic_to_the_centre_and_back(
    clinic: Session, centre: Session, sent: str
) -> None:
    """Every step answers 200, and the history tells the story in order."""
    steps = [
        (centre, "acknowledge", {}),
        (centre, "accept", {"expected_on": "2026-03-03", "note": "Bring the last results"}),
        (centre, "schedule", {"scheduled_at": "2026-03-03T07:00:00Z"}),
        (centre, "arrive", {}),
        (centre, "interim-note", {"note": "Stable after two hours"}),
        (centre, "complete", {"outcome": "treated", "note": "Back to three sessions a week"}),
    ]
    for who, action, body in steps:
        answer = who.post(f"{sent}/offers/1/{action}", body)
        assert answer.status_code == 200, answer.json
    closed = clinic.post(f"{sent}/close")

    assert closed.status_code == 200
    assert closed.json["status"] == "fulfilled"
    assert closed.json["closed_at"] is not None
    assert [note["text"] for note in closed.json["notes"]] == [
        "Bring the last results",
        "Stable after two hours",
        "Back to three sessions a week",
    ]
    assert events_of(clinic, sent) == [
        "referral.created",
        "referral.sent",
        "referral.received",
        "referral.accepted",
        "referral.scheduled",
        "referral.arrived",
        "referral.interim_noted",
        "referral.completed",
        "referral.closed",
    ]


def test_creating_answers_with_everything_the_sender_wrote(clinic: Session) -> None:
    answer = clinic.post("/v1/referrals", referral())

    assert answer.status_code == 201
    assert answer.json["status"] == "draft"
    assert answer.json["person"]["name"] == NAME
    assert answer.json["person"]["case_code"] == "HD-0917"
    assert answer.headers["ETag"] == '"1"'
    assert clinic.get(answer.headers["Location"]).json == answer.json


def test_a_declined_offer_goes_to_the_next_facility_on_the_shortlist(
    clinic: Session, centre: Session, hospital: Session
) -> None:
    """Where the sender chose so, by itself and in the same write."""
    path = clinic.post("/v1/referrals", referral(send=True, auto_forward=True)).headers["Location"]

    declined = centre.post(f"{path}/offers/1/decline", {"reason": "no_capacity"})

    assert declined.status_code == 200
    offers = clinic.get(path).json["offers"]
    assert [offer["to_facility_id"] for offer in offers] == [CENTRE, HOSPITAL]
    assert [offer["status"] for offer in offers] == ["declined", "sent"]
    assert hospital.post(f"{path}/offers/2/accept", {}).status_code == 200


def test_without_forwarding_the_sender_is_told_and_picks(
    clinic: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/decline", {"reason": "no_capacity"})

    assert events_of(clinic, sent)[-1] == "referral.choice_needed"
    again = clinic.post(f"{sent}/send", {"facility_id": HOSPITAL})
    assert again.json["offers"][-1]["to_facility_id"] == HOSPITAL


def test_with_nobody_left_the_sender_gives_up_and_the_need_is_unmet(
    clinic: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/decline", {"reason": "not_eligible"})

    unmet = clinic.post(f"{sent}/give-up", {"reason": "nobody_left"})

    assert unmet.json["status"] == "unmet"
    assert unmet.json["ended_reason"] == "nobody_left"


def test_the_why_of_the_choice_is_kept_on_the_offer(clinic: Session, sent: str) -> None:
    why = clinic.get(sent).json["offers"][0]["why"]

    assert why["distance_m"] == 2900
    assert why["functionality"] == "full"
    assert why["against"] == []
