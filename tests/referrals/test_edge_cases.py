"""The same request twice, two at once, stale versions, wrong order, many answers."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.referrals.conftest import As, Session
from tests.referrals.samples import CENTRE, CONSENT, FAR, HOSPITAL, referral

from ihala.caller import system
from ihala.mongo import Database, Document
from ihala_referrals.domain.decided import decided
from ihala_referrals.store.referrals import CodeTaken
from ihala_referrals.usecases.deps import Deps


def test_the_same_request_again_makes_no_second_referral(
    database: Database[Document], clinic: Session
) -> None:
    first = clinic.post("/v1/referrals", referral(send=True), key="k-1")
    again = clinic.post("/v1/referrals", referral(send=True), key="k-1")

    assert again.status_code == 201
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert database["referrals"].count_documents({}) == 1


def test_the_same_key_with_another_body_is_refused(clinic: Session) -> None:
    clinic.post("/v1/referrals", referral(), key="k-1")

    other = clinic.post("/v1/referrals", referral(priority="routine"), key="k-1")

    assert other.status_code == 422
    assert other.json["type"] == "urn:ihala:problem:idempotency-key-reused"


def test_an_action_sent_twice_is_done_once(clinic: Session, centre: Session, sent: str) -> None:
    first = centre.post(f"{sent}/offers/1/accept", {"note": "Yes"}, key="k-2")
    again = centre.post(f"{sent}/offers/1/accept", {"note": "Yes"}, key="k-2")

    assert again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json["version"] == first.json["version"]
    assert len(clinic.get(sent).json["notes"]) == 1


def test_an_action_from_a_stale_version_is_refused(centre: Session, sent: str) -> None:
    centre.post(f"{sent}/offers/1/acknowledge", {})

    stale = centre.post(f"{sent}/offers/1/accept", {}, etag='"1"')
    fresh = centre.post(f"{sent}/offers/1/accept", {}, etag='"2"')

    assert (stale.status_code, fresh.status_code) == (412, 200)


def test_an_action_out_of_turn_is_a_conflict(clinic: Session, centre: Session, sent: str) -> None:
    assert centre.post(f"{sent}/offers/1/arrive", {}).status_code == 409
    assert clinic.post(f"{sent}/close").status_code == 409
    assert clinic.post(f"{sent}/send", {"facility_id": HOSPITAL}).status_code == 409
    assert clinic.post(f"{sent}/give-up", {"reason": "nobody_left"}).status_code == 409


def test_the_other_side_s_action_is_forbidden(clinic: Session, centre: Session, sent: str) -> None:
    accepted = clinic.post(f"{sent}/offers/1/accept", {})
    closed = centre.post(f"{sent}/close")

    assert (accepted.status_code, closed.status_code) == (403, 403)
    assert accepted.json["type"] == "urn:ihala:problem:not-your-action"


def test_the_sender_may_record_what_the_receiver_said_on_the_phone(
    clinic: Session, sent: str
) -> None:
    answer = clinic.post(
        f"{sent}/offers/1/accept", {"recorded_by_phone": {"witness": "Dr. Salma, ward 2"}}
    )

    assert answer.status_code == 200
    assert answer.json["offers"][0]["recorded_by_phone"] is True
    assert answer.json["notes"][0]["kind"] == "witness"
    event = clinic.get(f"{sent}/history").json["history"][-1]
    assert event["data"]["recorded_by_phone"] is True
    assert "Salma" not in str(event)


def test_what_is_listed_can_be_done_and_nothing_else(
    clinic: Session, centre: Session, coordinator: Session, sent: str
) -> None:
    def possible(session: Session) -> dict[str, str]:
        actions = session.get(f"{sent}/actions").json["actions"]
        return {action["action"]: action["href"] for action in actions}

    assert set(possible(centre)) == {"acknowledge", "accept", "decline"}
    assert set(possible(clinic)) >= {"withdraw", "void", "revise", "accept"}
    assert set(possible(coordinator)) == {"void", "withdraw_consent"}
    assert centre.post(possible(centre)["acknowledge"], {}).status_code == 200
    assert centre.post(possible(centre)["waitlist"], {"expected_wait_days": 3}).status_code == 200
    assert set(possible(centre)) == {"accept", "decline", "schedule"}


def test_reading_changes_nothing_and_opening_acknowledges(centre: Session, sent: str) -> None:
    """A link scanner that reads is not staff that has seen it."""
    assert centre.get(sent).json["offers"][0]["status"] == "sent"
    assert centre.get(sent).json["version"] == 1

    opened = centre.post(f"{sent}/open")
    again = centre.post(f"{sent}/open")

    assert opened.json["offers"][0]["status"] == "received"
    assert again.json["version"] == opened.json["version"] == 2


def test_opening_by_the_sender_changes_nothing(clinic: Session, sent: str) -> None:
    assert clinic.post(f"{sent}/open").json["version"] == 1


def test_a_draft_can_be_changed_and_a_fact_forgotten(clinic: Session) -> None:
    draft = clinic.post("/v1/referrals", referral())
    path = draft.headers["Location"]

    changed = clinic.patch(
        path, {"priority": "emergency", "person": {"phone": None, "age": 57}}, draft.headers["ETag"]
    )

    assert changed.status_code == 200
    assert changed.json["priority"] == "emergency"
    assert "phone" not in changed.json["person"]
    assert changed.json["person"]["age"] == 57
    assert changed.json["person"]["name"] == draft.json["person"]["name"]
    revised = clinic.get(f"{path}/history").json["history"][-1]
    assert revised["type"] == "referral.revised"
    assert "57" not in re.findall(r"\w+", str(revised["data"]))


def test_of_an_active_referral_only_the_road_can_be_changed(clinic: Session, sent: str) -> None:
    refused = clinic.patch(sent, {"priority": "emergency"}, '"1"')
    changed = clinic.patch(sent, {"shortlist": [FAR], "auto_forward": True}, '"1"')

    assert refused.status_code == 409
    assert changed.json["shortlist"] == [FAR]


def test_contact_may_be_agreed_to_later_and_taken_back(clinic: Session, sent: str) -> None:
    agreed = clinic.patch(sent, {"consent": {**CONSENT, "contact": True}}, '"1"')
    no_more = clinic.patch(sent, {"consent": CONSENT}, agreed.headers["ETag"])

    assert no_more.status_code == 200
    types = [event["type"] for event in clinic.get(f"{sent}/history").json["history"]]
    assert types[2:] == [
        "referral.revised",
        "contact.granted",
        "referral.revised",
        "contact.withdrawn",
    ]


def test_consent_is_not_withdrawn_by_the_way(clinic: Session, sent: str) -> None:
    refused = clinic.patch(sent, {"consent": {**CONSENT, "status": "refused"}}, '"1"')

    assert refused.status_code == 409
    assert "withdraw_consent" in refused.json["detail"]


def test_a_change_without_a_version_is_refused(clinic: Session, sent: str) -> None:
    assert clinic.patch(sent, {"auto_forward": True}).status_code == 428
    assert clinic.patch(sent, {"auto_forward": True}, '"7"').status_code == 412


def test_who_refused_is_told_apart(clinic: Session, centre: Session, sent: str) -> None:
    centre.post(f"{sent}/offers/1/decline", {"reason": "client_declined"})

    assert clinic.get(sent).json["offers"][0]["decline"]["declined_by"] == "client"


def test_of_many_answers_at_once_one_counts(
    as_: As, clinic: Session, database: Database[Document], sent: str
) -> None:
    """The others are told that it was answered, and no version or event is lost."""
    answers = [("accept", {}), ("decline", {"reason": "no_capacity"})] * 8
    start = threading.Barrier(len(answers))

    def answer(one: tuple[str, dict[str, str]]) -> int:
        session = as_("clinic", [CENTRE])
        start.wait(10)
        return int(session.post(f"{sent}/offers/1/{one[0]}", one[1]).status_code)

    with ThreadPoolExecutor(len(answers)) as pool:
        statuses = list(pool.map(answer, answers))

    document = database["referrals"].find_one({})
    assert document is not None
    assert set(statuses) <= {200, 409}
    seqs = [event["seq"] for event in document["history"]]
    assert seqs == list(range(1, len(seqs) + 1))
    types = [event["type"] for event in document["history"]]
    assert types.count("referral.declined") + types.count("referral.accepted") == statuses.count(
        200
    )
    assert types.count("referral.declined") <= 1


def test_a_code_that_is_taken_is_noticed(deps: Deps, clinic: Session, sent: str) -> None:
    kept = deps.referrals.find(sent.rpartition("/")[2])
    assert kept is not None
    other = replace(kept.referral, id=f"ref_{'1' * 26}")

    with pytest.raises(CodeTaken):
        deps.referrals.create(decided(other), system("test"))
