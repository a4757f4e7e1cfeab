"""Webhooks to a real web server: signed, repeated until taken, never to private places."""

from __future__ import annotations

import json
from typing import Any

import pytest
import standardwebhooks
from tests.notifications.conftest import Headers, Station, Web
from tests.notifications.events import PERSON, RECEIVER, SENDER, notice_event, referral_event, sent
from tests.notifications.receiver import Receiver

from ihala_notifications.channels.channel import Parcel
from ihala_notifications.channels.webhook import WebhookChannel
from ihala_notifications.domain.delivery import Permanent
from ihala_notifications.domain.message import Attempt


def subscribe(web: Web, who: Headers, url: str, *types: str, **owner: str) -> dict[str, Any]:
    body = {"url": url, "event_types": list(types), **(owner or {"facility_id": RECEIVER})}
    response = web.post("/v1/webhooks", json=body, headers=who)
    assert response.status_code == 201, response.json
    webhook: dict[str, Any] = response.json
    return webhook


def test_a_subscriber_gets_the_event_and_can_verify_it(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """By the secret that was shown once; without a person or staff in it."""
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    event = sent(contact_id=PERSON)

    station.hear("referrals.events", event, referral_event("received", seq=2))
    station.send_all()

    (got,) = subscriber.got
    verified = standardwebhooks.Webhook(webhook["secret"]).verify(got.body, got.headers)
    assert verified["type"] == "referral.sent"
    assert verified["data"]["code"] == "7K3Q-2"
    assert not {"contact_id", "requested_by"} & verified["data"].keys()
    assert station.states("webhook") == ["delivered"]


def test_the_same_message_keeps_its_id_until_it_is_taken(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """Refused, throttled with a wait, redirected: tried again, and recognisable."""
    subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    elsewhere = {"Location": "http://127.0.0.1:1/"}
    subscriber.answers += [(500, {}), (429, {"Retry-After": "7200"}), (302, elsewhere)]
    station.hear("referrals.events", sent())

    station.send_all()
    station.clock.move(minutes=1)
    station.send_all()
    station.clock.move(minutes=100)
    station.send_all()
    assert len(subscriber.got) == 2
    station.clock.move(minutes=21)
    station.send_all()
    station.clock.move(minutes=30)
    station.send_all()

    assert len({got.headers["webhook-id"] for got in subscriber.got}) == 1
    (message,) = station.messages("webhook")
    assert [a["outcome"] for a in message["attempts"]] == [
        "refused_for_now",
        "throttled",
        "redirected",
        "accepted",
    ]


def test_a_subscriber_that_is_gone_is_left_alone(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """410 ends the subscription."""
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    subscriber.answers.append((410, {}))

    station.hear("referrals.events", sent())
    station.send_all()
    station.hear("referrals.events", sent(seq=9))
    station.send_all()

    assert len(subscriber.got) == 1
    assert web.get(f"/v1/webhooks/{webhook['id']}", headers=receiver_staff).status_code == 404


def test_a_crash_in_mid_send_is_repeated_because_the_receiver_can_tell(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """Unlike a mail: the webhook-id is the same."""
    subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    station.hear("referrals.events", sent())
    collection = station.deps.notifications.history.collection
    hook = collection.find_one({"rule": "webhook"})
    assert hook is not None
    kept = station.deps.notifications.get(hook["_id"])
    assert kept is not None
    message = kept.notification.messages[0]
    leaving = message.start_attempt(Attempt(1, station.clock()), station.clock())
    station.deps.notifications.change(
        kept, kept.notification.with_message(leaving), station.deps.notifications.thread_of(kept)
    )

    station.clock.move(minutes=2)
    station.send_all()
    station.clock.move(minutes=2)
    station.send_all()

    assert len(subscriber.got) == 1
    outcomes = [a["outcome"] for a in station.messages("webhook")[0]["attempts"]]
    assert outcomes == ["lost_in_mid_send", "accepted"]


def test_what_is_protected_is_the_same_body_to_the_byte(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """And only those who asked for notices get it."""
    subscribe(web, receiver_staff, subscriber.url, "notice")

    station.hear("referrals.protected", notice_event(RECEIVER))
    station.hear("referrals.protected", notice_event(RECEIVER, "prt_00other000000000000000:7"))
    station.hear("referrals.events", sent(), sent(kind="protection", seq=2))
    station.send_all()

    assert [got.body for got in subscriber.got] == [b'{"type":"notice","data":{}}'] * 2


def test_an_organisation_hears_of_its_facilities(
    station: Station, web: Web, coordinator: Headers, subscriber: Receiver
) -> None:
    """Subscribed by its coordinator."""
    subscribe(web, coordinator, subscriber.url, "referral.accepted", organisation_id="org_1")

    station.hear("referrals.events", referral_event("accepted"))
    station.send_all()

    assert len(subscriber.got) == 1


def target(url: str) -> Any:
    return lambda _: (url, "whsec_" + "A" * 43 + "=")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/", "https_needed"),
        ("https://127.0.0.1/", "private_address"),
        ("https://[::1]/", "private_address"),
        ("https://[::ffff:10.0.0.1]/", "private_address"),
        ("https://10.1.2.3/", "private_address"),
        ("https://169.254.169.254/latest/meta-data/", "private_address"),
        ("https://localhost/", "private_address"),
        ("https://100.64.0.1/", "private_address"),
        ("https://0.0.0.0/", "private_address"),
    ],
)
def test_a_webhook_never_goes_to_where_only_we_may_go(url: str, reason: str) -> None:
    """The address that its name has at that moment is looked at."""
    channel = WebhookChannel(target(url))

    with pytest.raises(Permanent) as raised:
        channel.send(Parcel("msg_1", "whk_1", body="{}"), lambda: pytest.fail("it left"))

    assert raised.value.reason == reason


def test_a_subscription_is_read_listed_rotated_and_ended(
    web: Web, receiver_staff: Headers, stranger: Headers, subscriber: Receiver
) -> None:
    """The secret is shown when it is made, and never again; strangers see nothing."""
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    path = f"/v1/webhooks/{webhook['id']}"

    read = web.get(path, headers=receiver_staff)
    assert "secret" not in read.json
    assert [w["id"] for w in web.get("/v1/webhooks", headers=receiver_staff).json["items"]] == [
        webhook["id"]
    ]
    assert web.get("/v1/webhooks", headers=stranger).json["items"] == []
    assert web.get(path, headers=stranger).status_code == 404
    rotated = web.post(f"{path}/rotate-secret", headers=receiver_staff)
    assert rotated.json["secret"] not in (None, webhook["secret"])
    stale = web.delete(path, headers={**receiver_staff, "If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    assert web.delete(path, headers=receiver_staff).status_code == 204
    assert web.get(path, headers=receiver_staff).status_code == 404


def test_the_same_request_again_makes_one_subscription_and_shows_no_secret(
    web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """Whoever lost the answer rotates the secret."""
    headers = {**receiver_staff, "Idempotency-Key": "once"}
    first = subscribe(web, headers, subscriber.url, "referral.sent")

    again = subscribe(web, headers, subscriber.url, "referral.sent")

    assert again["id"] == first["id"]
    assert first["secret"]
    assert again["secret"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "ftp://example.org/"}, 422),
        ({"url": "https://"}, 422),
        ({"url": "https://user:pw@example.org/"}, 422),
        ({"url": "https://example.org:99999/"}, 422),
        ({"url": "https://[::1"}, 422),
        ({"url": "https://\u2028/"}, 422),
        ({"url": 7}, 422),
        ({"event_types": []}, 422),
        ({"event_types": ["referral.nothing"]}, 422),
        ({"event_types": "referral.sent"}, 422),
        ({"facility_id": SENDER}, 403),
        ({"facility_id": "nothing"}, 422),
        ({"organisation_id": "org_1"}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_a_wrong_subscription_is_refused_with_a_pointer(
    idle_web: Web, receiver_staff: Headers, change: dict[str, Any], status: int
) -> None:
    """And nothing is stored."""
    body = {
        "url": "https://example.org/",
        "event_types": ["referral.sent"],
        "facility_id": RECEIVER,
        **change,
    }

    response = idle_web.post("/v1/webhooks", json=body, headers=receiver_staff)

    assert response.status_code == status, response.json
    if status == 422:
        assert response.json["errors"]
    assert idle_web.get("/v1/webhooks", headers=receiver_staff).json["items"] == []


def test_secrets_are_not_stored_in_the_clear(
    station: Station, web: Web, receiver_staff: Headers, subscriber: Receiver
) -> None:
    """They are encrypted with the service's own key."""
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")

    assert webhook["secret"] not in json.dumps(
        station.deps.webhooks.document(webhook["id"]), default=str
    )
