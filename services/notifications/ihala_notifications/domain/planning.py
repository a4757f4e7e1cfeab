"""From an event to the intents to tell somebody: pure, and the same each time it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ihala.events.event import Event
from ihala.ids import derived_id
from ihala_notifications.domain.addressing import messages_for
from ihala_notifications.domain.classes import PATIENCE, Class
from ihala_notifications.domain.desk import Desk
from ihala_notifications.domain.facts import Condition
from ihala_notifications.domain.message import Channel, Message, State, new_message
from ihala_notifications.domain.notification import Cause, Notification, Recipient, RecipientKind
from ihala_notifications.domain.protected import DISCREET_SERVICES, NEUTRAL, PLEASE_CALL
from ihala_notifications.domain.rules import PROTECTED_RULE, RULES, Party, Rule, TrueWhile

Desks = Mapping[str, Desk]

_OFFER_VALUES = ("respond_by", "expected_on", "scheduled_at")
_OWN_VALUES = ("reason", "expected_wait_days")


def facilities_in(event: Event) -> set[str]:
    """The facilities that an event of a referral is about."""
    data = event.data or {}
    offer = data.get("offer") or {}
    return {f for f in (data.get("from_facility_id"), offer.get("to_facility_id")) if f}


def plan(event: Event, desks: Desks, now: datetime) -> list[Notification]:
    """Every notification that the rules make of an event of a referral.

    One that is protected after all is told in constant words only.
    """
    if (event.data or {}).get("kind") == "protection":
        return plan_protected(
            event, _RECIPIENT[Party.RECEIVER](event.data or {}, desks), desks, now
        )
    rules = (rule for rule in RULES.get(event.type, ()) if _applies(rule, event))
    found = (_by_rule(event, rule, desks, now) for rule in rules)
    return [notification for notification in found if notification is not None]


def _applies(rule: Rule, event: Event) -> bool:
    if rule.only_when is None:
        return True
    name, value = rule.only_when
    return (event.data or {}).get(name) == value


def plan_protected(
    event: Event, recipient: Recipient | None, desks: Desks, now: datetime
) -> list[Notification]:
    """Constant words to one desk; nothing of the event is kept but that there was one."""
    if recipient is None:
        return []
    key = (f"facility:{recipient.id}",)
    intent = replace(
        new_intent(event, PROTECTED_RULE.name, recipient, now),
        cause=Cause(event.id, "protected", event.time, ""),
        template=PROTECTED_RULE.template,
        protected=True,
        audience=key,
        inbox_of=key,
    )
    return [address(intent, PROTECTED_RULE.channels, desks.get(recipient.id), now)]


def _by_rule(event: Event, rule: Rule, desks: Desks, now: datetime) -> Notification | None:
    data = event.data or {}
    recipient = _RECIPIENT[rule.party](data, desks)
    if recipient is None:
        return None
    template, values = _words_of(data, rule)
    intent = replace(
        new_intent(event, rule.name, recipient, now),
        class_=class_of(data, rule),
        template=template,
        values=values,
        condition=_condition(data, rule),
        audience=_audience(recipient, data),
        inbox_of=_inbox_of(recipient, data) if Channel.INBOX in rule.channels else (),
    )
    return address(intent, rule.channels, desks.get(recipient.facility_id or ""), now)


def address(
    intent: Notification,
    channels: Iterable[Channel],
    desk: Desk | None,
    now: datetime,
    not_before: datetime | None = None,
) -> Notification:
    """The intent with its expiry and its first messages."""
    happened = min(intent.cause.time, now)
    begins = max(happened, not_before or happened)
    expires_at = begins + PATIENCE[intent.class_].worth_sending_for
    intent = replace(intent, expires_at=expires_at)
    if intent.recipient.kind is RecipientKind.ORGANISATION and not intent.recipient.id:
        return replace(intent, messages=(_nobody(intent, now),))
    return replace(intent, messages=messages_for(intent, channels, desk, now, not_before))


def _nobody(intent: Notification, now: datetime) -> Message:
    id_ = derived_id("msg", intent.id, Channel.INBOX, "")
    message = new_message(id_, Channel.INBOX, "", ("ar", "default"), now)
    return message.to(State.SUPPRESSED, now, "no_organisation")


def new_intent(event: Event, rule: str, recipient: Recipient, now: datetime) -> Notification:
    """The bare intent; the same event, rule and recipient are always the same notification."""
    return Notification(
        id=notification_id(event, rule, recipient),
        cause=Cause(event.id, event.type, event.time, event.subject),
        rule=rule,
        class_=Class.NORMAL,
        template="",
        protected=False,
        recipient=recipient,
        values={},
        condition=None,
        created_at=now,
        expires_at=now,
        audience=(),
        inbox_of=(),
    )


def notification_id(event: Event, rule: str, recipient: Recipient) -> str:
    """The id that this event, rule and recipient always give."""
    return derived_id("ntf", event.source, event.id, rule, recipient.kind, recipient.id)


def _receiver(data: Mapping[str, Any], _: Desks) -> Recipient | None:
    offer = data.get("offer")
    if not offer:
        return None
    facility = offer["to_facility_id"]
    return Recipient(RecipientKind.FACILITY, facility, Party.RECEIVER, facility)


def _sender(data: Mapping[str, Any], _: Desks) -> Recipient:
    facility = data["from_facility_id"]
    return Recipient(RecipientKind.FACILITY, facility, Party.SENDER, facility)


def _supervisors(data: Mapping[str, Any], desks: Desks) -> Recipient:
    facility = data["from_facility_id"]
    desk = desks.get(facility)
    organisation = (desk.organisation_id if desk else None) or ""
    return Recipient(RecipientKind.ORGANISATION, organisation, Party.SUPERVISORS, facility)


def _person(data: Mapping[str, Any], _: Desks) -> Recipient | None:
    """The person, where they agreed to be told; the facility that they go to stands for them."""
    person, offer = data.get("contact_id"), data.get("offer") or {}
    if not person:
        return None
    return Recipient(RecipientKind.PERSON, person, Party.PERSON, offer.get("to_facility_id"))


_RECIPIENT: Mapping[Party, Callable[[Mapping[str, Any], Desks], Recipient | None]] = {
    Party.RECEIVER: _receiver,
    Party.SENDER: _sender,
    Party.SUPERVISORS: _supervisors,
    Party.PERSON: _person,
}


def class_of(data: Mapping[str, Any], rule: Rule) -> Class:
    """The class that the referral's priority gives, unless the rule can wait."""
    if rule.quiet:
        return Class.BULK
    return Class.CRITICAL if data.get("priority") == "emergency" else Class.NORMAL


def _condition(data: Mapping[str, Any], rule: Rule) -> Condition | None:
    offer = data.get("offer") or {}
    if rule.true_while is TrueWhile.ALWAYS:
        return None
    if rule.true_while is TrueWhile.NO_OPEN_OFFER or not offer:
        return Condition(data["referral_id"])
    same = offer.get("scheduled_at") if rule.true_while is TrueWhile.SAME_APPOINTMENT else None
    return Condition(data["referral_id"], offer["number"], rule.offer_status, same)


def _audience(recipient: Recipient, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Staff of the facility that it is for, and of those that it is about."""
    offer = data.get("offer") or {}
    facilities = {data["from_facility_id"], offer.get("to_facility_id")} - {None}
    keys = {f"facility:{facility}" for facility in facilities}
    if recipient.kind is RecipientKind.ORGANISATION and recipient.id:
        keys.add(f"organisation:{recipient.id}")
    return tuple(sorted(keys))


def _inbox_of(recipient: Recipient, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The desk's inbox; for the sender's desk also that of whoever made the referral."""
    if recipient.kind is RecipientKind.ORGANISATION:
        return (f"organisation:{recipient.id}",) if recipient.id else ()
    keys = [f"{recipient.kind}:{recipient.id}"]
    if recipient.role == Party.SENDER:
        keys.append(f"subject:{data['requested_by']}")
    return tuple(keys)


def _words_of(data: Mapping[str, Any], rule: Rule) -> tuple[str, dict[str, Any]]:
    """The rule's words, or neutral ones where the service's name says too much."""
    if data["service_code"] not in DISCREET_SERVICES:
        return rule.template, values_of(data)
    return (PLEASE_CALL if rule.party is Party.PERSON else NEUTRAL), {}


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """All that an event gives to write with: codes, ids and times, never a person's data."""
    offer = data.get("offer") or {}
    values = {
        "code": data["code"],
        "service": data["service_code"],
        "priority": data["priority"],
        "from_facility": data["from_facility_id"],
        "to_facility": offer.get("to_facility_id"),
        "link": f"/v1/referrals/{data['referral_id']}",
        **{name: offer.get(name) for name in _OFFER_VALUES},
        **{name: data.get(name) for name in _OWN_VALUES},
    }
    return {name: value for name, value in values.items() if value is not None}
