"""Keys change while the service goes on: nothing is lost, and the old ones can go."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError
from tests.notifications.conftest import Headers, MovedClock, Station, Web
from tests.notifications.events import contact_event, sent
from tests.notifications.receiver import Receiver
from tests.notifications.test_webhooks import subscribe

from ihala.sealing import new_key
from ihala_notifications.config import private_keys, secrets
from ihala_notifications.operations import OPERATIONS
from ihala_notifications.store.webhooks import SecretBox
from ihala_notifications.wiring import make_worker_deps

NEW = "another webhook key for tests, 9876543210"


def verifies(secret: str, receiver: Receiver) -> bool:
    got = receiver.got[-1]
    try:
        Verifier(secret).verify(got.body, got.headers)
    except WebhookVerificationError:
        return False
    return True


def test_for_a_day_after_a_change_the_old_secret_signs_too(
    station: Station,
    web: Web,
    receiver_staff: Headers,
    subscriber: Receiver,
    clock: MovedClock,
) -> None:
    """So a receiver can change over without a gap, whichever of the two it knows."""
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    rotated = web.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", headers=receiver_staff)
    old, new = webhook["secret"], rotated.json["secret"]

    station.hear("referrals.events", sent())
    station.send_all()
    both = verifies(old, subscriber), verifies(new, subscriber)
    _, at_first = station.deps.webhooks.secrets_of(webhook["id"]) or (None, ())
    clock.move(hours=25)
    _, later = station.deps.webhooks.secrets_of(webhook["id"]) or (None, ())

    assert both == (True, True)
    assert list(at_first) == [new, old]
    assert list(later) == [new]


def test_what_one_key_closed_is_closed_by_the_one_in_use(
    station: Station, web: Web, settings: Any, receiver_staff: Headers, subscriber: Receiver
) -> None:
    webhook = subscribe(web, receiver_staff, subscriber.url, "referral.sent")
    rotated = web.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", headers=receiver_staff)
    database = station.deps.notifications.history.collection.database
    both = dataclasses.replace(settings, webhook_keys=(NEW, *settings.webhook_keys))
    rotation = OPERATIONS.rotations(database, both)["webhooks"]

    waiting = list(rotation.waiting())
    renewed = rotation.renew(waiting)
    left = list(rotation.waiting())

    alone = dataclasses.replace(settings, webhook_keys=(NEW,))
    after = make_worker_deps(database, alone).webhooks.secrets_of(webhook["id"])
    assert (waiting, renewed, left) == ([webhook["id"]], 1, [])
    assert after is not None
    assert list(after[1]) == [rotated.json["secret"], webhook["secret"]]


def test_a_box_without_the_key_opens_nothing() -> None:
    closed = SecretBox(["first key"]).close("secret")

    assert SecretBox(["second key", "first key"]).open(closed) == "secret"
    with pytest.raises(JoseError):
        SecretBox(["second key"]).open(closed)


def test_contacts_are_sealed_for_the_key_in_use_and_the_old_one_can_go(
    station: Station, settings: Any, contact_key: OKPKey
) -> None:
    station.hear("referrals.contacts", contact_event(contact_key, value="a@example.org"))
    database = station.deps.notifications.history.collection.database
    new = new_key()
    both = dataclasses.replace(settings, contact_private_keys=(new, contact_key))
    rotation = OPERATIONS.rotations(database, both)["contacts"]

    waiting = list(rotation.waiting())
    renewed, again = rotation.renew(waiting), rotation.renew(waiting)

    alone = dataclasses.replace(both, contact_private_keys=(new,))
    assert (len(waiting), renewed, again) == (1, 1, 0)
    assert OPERATIONS.rotations(database, both)["contacts"].waiting() == []
    assert OPERATIONS.rotations(database, alone)["contacts"].waiting() == []


def test_settings_hold_one_key_or_several_the_one_in_use_first(contact_key: OKPKey) -> None:
    other = new_key()
    jwk, jwk2 = (key.as_dict(private=True) for key in (contact_key, other))

    assert len(private_keys(json.dumps(jwk))) == 1
    assert private_keys(json.dumps({"keys": [jwk2, jwk]}))[0].as_dict() == other.as_dict()
    assert secrets(f"{NEW}\n{NEW[::-1]}\n") == (NEW, NEW[::-1])
    for wrong in (
        "{}",
        "nonsense",
        json.dumps({"keys": []}),
        json.dumps({"keys": [contact_key.as_dict(private=False)]}),
    ):
        with pytest.raises(ValueError, match="must"):
            private_keys(wrong)
