"""The in-app inbox: a desk's, a person's own, a coordinator's."""

from __future__ import annotations

from typing import Any

from tests.notifications.conftest import Headers, Station, Web
from tests.notifications.events import referral_event, sent


def test_the_inbox_speaks_the_readers_language(
    station: Station, web: Web, receiver_staff: Headers
) -> None:
    """Whatever language the desk's mail is in."""
    station.hear("referrals.events", sent())

    for language, direction, word in (("ar", "rtl", "إحالة"), ("fr", "ltr", "Orientation")):
        headers = {**receiver_staff, "Accept-Language": language}
        (item,) = web.get("/v1/inbox", headers=headers).json["items"]
        assert item["language"] == language
        assert item["direction"] == direction
        assert word in item["subject"]
        assert item["referral_id"] == sent().subject


def test_a_message_is_acknowledged_once_for_the_whole_desk(
    station: Station, web: Web, receiver_staff: Headers, sender_staff: Headers
) -> None:
    """Again changes nothing; the unread count goes down; other services hear of it."""
    station.hear("referrals.events", sent())
    assert web.get("/v1/inbox/unread", headers=receiver_staff).json == {"unread": 1}
    (item,) = web.get("/v1/inbox?unread=true", headers=receiver_staff).json["items"]
    path = f"/v1/inbox/{item['id']}/acknowledge"

    assert web.post(path, headers=sender_staff).status_code == 404
    first = web.post(path, headers=receiver_staff)
    again = web.post(path, headers=receiver_staff)

    assert first.status_code == again.status_code == 200
    assert first.json["acknowledged_by"] == "doctor-2"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert web.get("/v1/inbox/unread", headers=receiver_staff).json == {"unread": 0}
    assert web.get("/v1/inbox?unread=true", headers=receiver_staff).json["items"] == []
    (entry,) = station.notifications()[0]["history"]
    assert entry["type"] == "message.acknowledged"
    assert entry["actor"] == "doctor-2"


def test_whoever_made_the_referral_has_the_answer_in_their_own_inbox(
    station: Station, web: Web, issuer: Any
) -> None:
    """Even where their token does not name the facility."""
    station.hear("referrals.events", referral_event("accepted"))
    requester = issuer.header("nurse-1", roles=["clinic"])

    (item,) = web.get("/v1/inbox", headers=requester).json["items"]

    assert web.post(f"/v1/inbox/{item['id']}/acknowledge", headers=requester).status_code == 200


def test_coordinators_have_their_organisations_inbox(
    station: Station, web: Web, coordinator: Headers, stranger: Headers
) -> None:
    """What nobody answered lies there."""
    station.hear("referrals.events", referral_event("expired"))

    assert len(web.get("/v1/inbox", headers=coordinator).json["items"]) == 1
    assert web.get("/v1/inbox", headers=stranger).json["items"] == []
