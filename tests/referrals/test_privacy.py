"""Who the person is stays with the sender and whom the consent names; on disk it is nowhere."""

from __future__ import annotations

import json
from typing import Any

import bson
import pytest
from tests.referrals.conftest import Session
from tests.referrals.samples import CENTRE, CLINIC, CONSENT, NAME, PHONE, referral

from ihala.mongo import Database, Document
from ihala.vault import Erased
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.revising import erase_person

SECRETS = (NAME, PHONE, "1968-04-02", "Missed two sessions", "Potassium", "mobility", "Dr. Salma")


def raw(database: Database[Document]) -> str:
    """Everything that the database holds, as text with the bytes that were not encoded."""
    found = []
    for name in database.list_collection_names():
        for document in database[name].find():
            encoded = bson.encode(document)
            found.append(encoded.decode("utf-8", "replace"))
    return "\n".join(found)


def test_nothing_on_disk_names_the_person(
    database: Database[Document], clinic: Session, centre: Session, sent: str
) -> None:
    """Neither in the state, nor in the history that goes to the topics, nor in any other place."""
    centre.post(f"{sent}/offers/1/accept", {"note": f"For {NAME}"})
    phoned = {"recorded_by_phone": {"witness": "Dr. Salma"}, "scheduled_at": "2026-03-03T07:00:00Z"}
    assert clinic.post(f"{sent}/offers/1/schedule", phoned).status_code == 200
    centre.post(f"{sent}/offers/1/complete", {"outcome": "treated", "note": f"{NAME}: Potassium 4"})

    everything = raw(database)

    assert "referral.completed" in everything
    for secret in SECRETS:
        assert secret not in everything


def test_the_raw_document_keeps_identity_as_encrypted_binary(
    database: Database[Document], sent: str
) -> None:
    document = database["referrals"].find_one({})

    assert document is not None
    assert document["private"].subtype == 6
    assert document["person_key"].subtype == 4


def test_before_acceptance_the_receiver_sees_a_coded_preview(centre: Session, sent: str) -> None:
    preview = centre.get(sent).json

    assert preview["as"] == ["receiver"]
    assert preview["person"] == {"age_band": "18_to_59"}
    assert preview["requirements"] == ["wheelchair"]
    assert preview["service_code"] == "dialysis"
    for hidden in ("reason", "clinical_summary", "consent", "shortlist", "requested_by"):
        assert hidden not in preview


def test_after_acceptance_the_receiver_sees_exactly_what_the_consent_lists(
    centre: Session, sent: str
) -> None:
    seen = centre.post(f"{sent}/offers/1/accept", {}).json

    assert seen["person"] == {
        "age_band": "18_to_59",
        "name": NAME,
        "sex": "female",
        "birth_date": "1968-04-02",
        "phone": PHONE,
    }
    assert seen["clinical_summary"] == "Potassium 6.1, weight up 4 kg"
    assert centre.get(sent).json["person"] == seen["person"]


def test_withdrawn_consent_stops_disclosure_and_cancels_the_open_offer(
    clinic: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {})

    withdrawn = clinic.post(f"{sent}/withdraw-consent")

    assert withdrawn.json["status"] == "cancelled"
    assert withdrawn.json["offers"][0]["status"] == "withdrawn"
    assert centre.get(sent).json["person"] == {"age_band": "18_to_59"}


def test_a_coordinator_sees_facts_and_no_identity(
    coordinator: Session, centre: Session, sent: str
) -> None:
    centre.post(f"{sent}/offers/1/accept", {"note": "For Maryam"})

    seen = coordinator.get(sent).json

    assert seen["as"] == ["supervisor"]
    assert seen["person"] == {"age_band": "18_to_59"}
    assert seen["offers"][0]["to_facility_id"] == CENTRE
    assert seen["notes"] == []
    assert NAME not in json.dumps(coordinator.get("/v1/referrals").json, ensure_ascii=False)


def test_others_cannot_tell_a_referral_of_others_from_none(stranger: Session, sent: str) -> None:
    """404 everywhere, with the same words, and nothing in lists."""
    missing = f"/v1/referrals/ref_{'0' * 26}"
    paths = ("", "/actions", "/history")
    posts = {
        "/open": {},
        "/send": {},
        "/withdraw": {},
        "/close": {},
        "/give-up": {"reason": "nobody_left"},
        "/void": {"reason": "died"},
        "/withdraw-consent": {},
        "/offers/1/accept": {},
    }

    for path in paths:
        theirs, none = stranger.get(sent + path), stranger.get(missing + path)
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert told(theirs) == told(none)
    for path, body in posts.items():
        theirs, none = stranger.post(sent + path, body), stranger.post(missing + path, body)
        assert (theirs.status_code, none.status_code) == (404, 404), path
        assert told(theirs) == told(none)
    assert stranger.get("/v1/referrals").json["items"] == []


def told(answer: Any) -> Any:
    """What a problem says, without what differs between any two requests."""
    return {
        name: text.replace(text[text.index("ref_") :], "") if "ref_" in text else text
        for name, text in answer.json.items()
        if name in ("type", "title", "detail")
    }


def test_a_receiver_knows_only_its_own_offer(
    clinic: Session, centre: Session, hospital: Session
) -> None:
    """Neither in what it reads, nor in the history, nor by asking for the other's number."""
    path = clinic.post("/v1/referrals", referral(send=True, auto_forward=True)).headers["Location"]
    centre.post(f"{path}/offers/1/decline", {"reason": "no_capacity"})

    mine = hospital.get(path).json

    assert [offer["number"] for offer in mine["offers"]] == [2]
    assert {
        event["data"]["offer"]["number"]
        for event in hospital.get(f"{path}/history").json["history"]
    } == {2}
    assert hospital.post(f"{path}/offers/1/accept", {}).status_code == 404
    assert "status" not in centre.get(path).json
    assert len(clinic.get(path).json["offers"]) == 2


def test_an_unreadable_role_sees_nothing_at_all(as_: Any, sent: str) -> None:
    for role in ("registry_editor", "registry_approver", "operator"):
        somebody = as_(role, [CLINIC])
        assert somebody.get(sent).status_code == 403
        assert somebody.get("/v1/referrals").status_code == 403


def test_protection_staff_do_not_see_medical_referrals(as_: Any, sent: str) -> None:
    protection = as_("protection", [CLINIC])

    assert protection.get(sent).status_code == 404
    assert protection.get("/v1/referrals").json["items"] == []


def test_an_erased_person_cannot_be_read_by_anybody(
    deps: Deps, database: Database[Document], clinic: Session, sent: str
) -> None:
    """The key is gone, what was written with it too, and the facts of the referral remain."""
    id_ = sent.rpartition("/")[2]
    before = database["referrals"].find_one({"_id": id_})
    assert before is not None
    caller = caller_of(CLINIC)

    erase_person(deps, caller, id_)
    erase_person(deps, caller, id_)

    read = clinic.get(sent)
    assert read.json["person"] == {"age_band": "18_to_59"}
    assert read.json["erased_at"] is not None
    assert database["keys"].count_documents({"_id": before["person_key"]}) == 0
    with pytest.raises(Erased):
        type(deps.vault)(database["keys"], bytes(range(96))).open(bytes(before["private"]))


def caller_of(facility: str) -> Any:
    from ihala.caller import Caller, Role

    return Caller("somebody", facilities=frozenset({facility}), roles=frozenset({Role.CLINIC}))


def test_a_person_who_does_not_want_contact_is_in_no_contact_event(
    clinic: Session, sent: str
) -> None:
    types = [event["type"] for event in clinic.get(f"{sent}/history").json["history"]]

    assert "contact.granted" not in types


def test_who_wants_contact_becomes_known_with_the_first_offer_only(clinic: Session) -> None:
    body = referral(consent={**CONSENT, "contact": True})
    path = clinic.post("/v1/referrals", body).headers["Location"]
    assert "contact.granted" not in str(clinic.get(f"{path}/history").json)

    clinic.post(f"{path}/send", {})

    history = clinic.get(f"{path}/history").json["history"]
    assert [event["type"] for event in history][1:] == ["contact.granted", "referral.sent"]
    assert history[1]["data"].keys() == {"person_id"}
    assert history[2]["data"]["contact_id"] == history[1]["data"]["person_id"]
