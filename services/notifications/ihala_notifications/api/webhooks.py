"""``/v1/webhooks``: subscriptions of other systems to what happens to referrals."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import (
    Blueprint,
    answer,
    current_caller,
    expected_version,
    paging,
    permit,
    wired,
)
from ihala_notifications.api.schemas import NewWebhook, WebhookAnswer, WebhookWithSecretAnswer
from ihala_notifications.api.views import webhook_view
from ihala_notifications.store.webhooks import Webhook
from ihala_notifications.usecases.deps import Deps
from ihala_notifications.usecases.webhooks import (
    owners_of,
    read_webhook,
    rotate_secret,
    subscribe,
    unsubscribe,
)

webhooks = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/v1/webhooks",
    description="Signed webhooks (standardwebhooks.com) for other systems.",
)

_EXAMPLE = {
    "url": "https://his.example.org/ihala",
    "event_types": ["referral.sent", "referral.accepted"],
    "facility_id": "fac_06f2m8q0h3w4t9x7k1z5c2v8bd",
}
_MAY = (Role.CLINIC, Role.PROTECTION, Role.COORDINATOR, Role.MACHINE)


@webhooks.post("")
@permit(*_MAY)
@webhooks.body(NewWebhook, example=_EXAMPLE)
@webhooks.response(201, WebhookWithSecretAnswer)
def add(body: dict[str, Any]) -> Response:
    """Subscribe. The signing secret is in this answer, and never shown again."""
    facility, organisation = body.get("facility_id"), body.get("organisation_id")
    owner = f"facility:{facility}" if facility else f"organisation:{organisation}"
    deps, caller = wired(Deps), current_caller()
    webhook, secret = subscribe(deps, caller, body["url"], body["event_types"], owner)
    return _with_secret(webhook, secret, 201, location=f"/v1/webhooks/{webhook.id}")


def _with_secret(
    webhook: Webhook, secret: str | None, status: int, location: str | None = None
) -> Response:
    view = {**webhook_view(webhook), "secret": secret}
    again = secret is None
    return answer(view, status, version=webhook.version, location=location, replayed=again)


@webhooks.get("")
@permit(*_MAY)
@webhooks.page(WebhookAnswer)
def list_all(query: dict[str, Any]) -> Response:
    """The subscriptions of the caller's facilities."""
    page = paging().asked(query["limit"], query.get("cursor"))
    owners = owners_of(current_caller())
    found, position = wired(Deps).webhooks.list_of(owners, page.after, page.limit)
    return paging().answer([webhook_view(webhook) for webhook in found], position)


@webhooks.get("/<id('whk'):webhook_id>")
@permit(*_MAY)
@webhooks.response(200, WebhookAnswer)
def read_one(webhook_id: str) -> Response:
    """One subscription."""
    webhook = read_webhook(wired(Deps), current_caller(), webhook_id)
    return answer(webhook_view(webhook), version=webhook.version)


@webhooks.post("/<id('whk'):webhook_id>/rotate-secret")
@permit(*_MAY)
@webhooks.response(200, WebhookWithSecretAnswer)
def rotate(webhook_id: str) -> Response:
    """Replace the signing secret; the new one is in this answer, and never shown again."""
    version = expected_version(required=False)
    webhook, secret = rotate_secret(wired(Deps), current_caller(), webhook_id, version)
    return _with_secret(webhook, secret, 200)


@webhooks.delete("/<id('whk'):webhook_id>")
@permit(*_MAY)
@webhooks.response(204)
def remove(webhook_id: str) -> Response:
    """End the subscription."""
    unsubscribe(wired(Deps), current_caller(), webhook_id, expected_version(required=False))
    return answer()
