"""Contracts of what notifications say, and of what others may ask to be told. No addresses."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from ihala.events.contracts.contract import Contract
from ihala.events.contracts.fields import choice, id_, moment, nested, word

CLASSES = ("critical", "normal", "bulk")
CHANNELS = ("email", "sms", "webhook", "inbox")


class OfMessage(Schema):
    """What every message event carries."""

    notification_id = id_(required=True)
    message_id = id_(required=True)
    cause_event_id = id_(null=True)
    channel = choice(*CHANNELS, required=True)
    class_ = fields.String(required=True, data_key="class")


class WithReason(OfMessage):
    """A message that did not arrive, and why: a word of a list, never the provider's text."""

    reason = word(required=True)


class Recipient(Schema):
    """Who is to be told: one of the three."""

    facility_id = id_()
    organisation_id = id_()
    subject = id_()


class Requested(Schema):
    """Another system asks that somebody be told something, by a template that exists."""

    recipient = nested(Recipient, required=True)
    class_ = fields.String(required=True, data_key="class", validate=OneOf(CLASSES))
    template = word(required=True)
    values = fields.Dict(keys=fields.String(), values=fields.String())
    language = choice("ar", "fr", "en", null=True)
    not_before = moment(null=True)


class NoticeDue(Schema):
    """A desk has something to read that must not be spoken of: only where, never what."""

    facility_id = id_(required=True)


_BASE: dict[str, Any] = {
    "notification_id": "ntf_00example000000000000000",
    "message_id": "msg_00example000000000000000",
    "cause_event_id": "ref_00example000000000000000:3",
    "channel": "email",
    "class": "normal",
}
_EVENTS = "notifications.events"


def _event(name: str, doc: str, schema: type[Schema] = OfMessage, **more: Any) -> Contract:
    return Contract(f"message.{name}", _EVENTS, doc, schema, {**_BASE, **more})


CONTRACTS = (
    _event("accepted", "The provider took the message."),
    _event("delivered", "The message arrived."),
    _event("failed", "The message will not arrive.", WithReason, reason="no_such_address"),
    _event("unknown", "Nobody knows whether the message left: it is not sent again."),
    _event("suppressed", "The message was not to be sent.", WithReason, reason="no_address"),
    _event("expired", "The message came too late to be sent.", WithReason, reason="too_late"),
    _event("cancelled", "What it said was no longer true.", WithReason, reason="offer_accepted"),
    _event("acknowledged", "The recipient has seen the message."),
    Contract(
        "notification.requested",
        "notifications.requests",
        "Another system asks that somebody be told.",
        Requested,
        {
            "recipient": {"facility_id": "fac_00example0dialysis0centre"},
            "class": "normal",
            "template": "notice",
            "values": {"text": "Training on Thursday"},
        },
    ),
    Contract(
        "notice.due",
        "referrals.protected",
        "A desk has something to read that must not be spoken of.",
        NoticeDue,
        {"facility_id": "fac_00example0dialysis0centre"},
    ),
)
