"""What another system asks us to tell somebody: planned like an event, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ihala.errors import Invalid
from ihala.events.event import Event
from ihala_notifications.domain.classes import Class
from ihala_notifications.domain.desk import LANGUAGES, Desk
from ihala_notifications.domain.message import Channel, State
from ihala_notifications.domain.notification import Notification, Recipient, RecipientKind
from ihala_notifications.domain.planning import address, new_intent
from ihala_notifications.domain.rules import DESK, INBOX_ONLY
from ihala_notifications.domain.templates import Template, check_values
from ihala_notifications.domain.wording import Reader

RULE = "requested"
FURTHEST_AHEAD = timedelta(days=366)


def recipient_of(data: Mapping[str, Any]) -> Recipient | None:
    """The one recipient that a request names; None when it names none, or several."""
    named = {k: v for k, v in data["recipient"].items() if v}
    if len(named) != 1:
        return None
    ((field, id_),) = named.items()
    if field == "facility_id":
        return Recipient(RecipientKind.FACILITY, id_, RULE, id_)
    kind = RecipientKind.ORGANISATION if field == "organisation_id" else RecipientKind.SUBJECT
    return Recipient(kind, id_, RULE)


def plan_request(
    event: Event,
    recipient: Recipient,
    template: Template | None,
    desk: Desk | None,
    now: datetime,
) -> Notification:
    """The notification that was asked for; where it cannot be made, it says why in its trace."""
    data = event.data or {}
    keys = (f"{recipient.kind}:{recipient.id}",)
    intent = replace(
        new_intent(event, RULE, recipient, now),
        class_=Class(data["class"]),
        template=data["template"],
        values=dict(data.get("values") or {}),
        language=data.get("language"),
        audience=keys,
        inbox_of=keys,
    )
    channels = DESK if recipient.kind is RecipientKind.FACILITY else INBOX_ONLY
    not_before = _not_before(data)
    planned = address(intent, channels, desk, now, min(not_before, now + FURTHEST_AHEAD))
    wrong = _what_is_wrong(template, intent)
    if not_before > now + FURTHEST_AHEAD:
        wrong = "not_before_too_far"
    return _refused(planned, wrong, now) if wrong else planned


def _not_before(data: Mapping[str, Any]) -> datetime:
    text = data.get("not_before")
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)


def _what_is_wrong(template: Template | None, intent: Notification) -> str:
    if template is None or not template.requestable:
        return "no_such_template"
    try:
        check_values(template, {"callback": "-", **intent.values}, Reader(LANGUAGES[0]))
    except Invalid:
        return "values_do_not_fit"
    return ""


def _refused(planned: Notification, reason: str, now: datetime) -> Notification:
    """It ends before it began: nobody gets half a message, and nothing lies in an inbox."""
    first, *_ = planned.messages
    queued = replace(first, state=State.CREATED, states=first.states[:1], channel=Channel.EMAIL)
    ended = queued.to(State.QUEUED, now).to(State.TECHNICAL_FAILURE, now, reason)
    return replace(planned, messages=(ended,), inbox_of=())
