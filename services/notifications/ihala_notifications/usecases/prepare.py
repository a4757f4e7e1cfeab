"""Making one message ready to leave: its words, and the address of whoever may have it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ihala.clock import rfc3339
from ihala.sealing import open_by_any
from ihala_notifications.channels.channel import Parcel
from ihala_notifications.domain.desk import LANGUAGES, Desk
from ihala_notifications.domain.message import Channel, Message
from ihala_notifications.domain.notification import Notification, RecipientKind
from ihala_notifications.domain.protected import NEUTRAL_WEBHOOK, PLEASE_CALL
from ihala_notifications.domain.safe_hours import next_safe_moment
from ihala_notifications.domain.templates import Letter, render
from ihala_notifications.domain.wording import Reader
from ihala_notifications.usecases.deps import Deps, WorkerDeps

CONTACT_MAY_COME = timedelta(minutes=2)
LOOK_AGAIN_AFTER = timedelta(seconds=5)

_FACILITY_VALUES = ("from_facility", "to_facility")


class Withheld(Exception):
    """Nothing may be sent to this recipient; ``reason`` is a word for the trace."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYet(Exception):
    """Nothing may be sent before ``until``."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ready:
    """A message with what is to be sent of it; the parcel is never stored."""

    message: Message
    parcel: Parcel


def prepare(deps: WorkerDeps, notification: Notification, message: Message) -> Ready:
    """The words and the address.

    Raises Withheld or NotYet when the recipient must not, or not now, be written to, and Invalid
    when the template misses a value.
    """
    if message.channel is Channel.WEBHOOK:
        return Ready(message, Parcel(message.id, message.address, body=webhook_body(notification)))
    if notification.recipient.kind is RecipientKind.PERSON:
        return _to_person(deps, notification, message)
    letter = letter_for(deps, notification, message.language)
    return Ready(message, Parcel(message.id, message.address, letter))


def webhook_body(notification: Notification) -> str:
    """The event as a subscriber's system gets it; of what is protected, always the same bytes."""
    body: Mapping[str, Any] = NEUTRAL_WEBHOOK
    if not notification.protected:
        body = {
            "type": notification.cause.type,
            "timestamp": rfc3339(notification.cause.time),
            "data": notification.values["data"],
        }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def named_desks(deps: Deps, notifications: Iterable[Notification]) -> dict[str, Desk]:
    """The desks that these notifications speak of or to, as far as they are known."""
    named: set[str] = set()
    for notification in notifications:
        named |= {str(notification.values.get(name) or "") for name in _FACILITY_VALUES}
        named.add(notification.recipient.facility_id or "")
    return deps.desks.named(named - {""})


def letter_for(
    deps: Deps,
    notification: Notification,
    language: str,
    template: str | None = None,
    desks: Mapping[str, Desk] | None = None,
) -> Letter:
    """The notification's words in a language; raises Invalid when a value is missing."""
    words = deps.templates.named(template or notification.template)
    if not words.values:
        return render(words, {}, Reader(language))
    desks = named_desks(deps, [notification]) if desks is None else desks
    values = {"callback": _callback(deps, notification, desks), **notification.values}
    return render(words, values, reader(deps, notification, language, desks))


def reader(
    deps: Deps, notification: Notification, language: str, desks: Mapping[str, Desk]
) -> Reader:
    """Who reads: the language, with country and time zone of the recipient's facility."""
    desk = desks.get(notification.recipient.facility_id or "", Desk(""))
    return Reader(
        language=language,
        country=desk.country,
        time_zone=desk.time_zone,
        app_url=deps.app_url,
        codes=deps.templates.codes,
        facility_names={facility: found.name for facility, found in desks.items()},
    )


def _callback(deps: Deps, notification: Notification, desks: Mapping[str, Desk]) -> str:
    """The phone of the other side's desk, where it has one; else the operator's number."""
    told, others = notification.recipient.facility_id, []
    if notification.recipient.kind is RecipientKind.PERSON:
        others = [notification.values.get("to_facility")]
    elif notification.values:
        others = [f for n in _FACILITY_VALUES if (f := notification.values.get(n)) != told]
    for facility in others:
        desk = desks.get(facility or "")
        if desk and (phones := desk.reached_by("phone")):
            return phones[0].value
    return deps.callback


def _to_person(deps: WorkerDeps, notification: Notification, message: Message) -> Ready:
    """Open the sealed contact; its words live only as long as this call and the parcel."""
    contact = _contact(deps, notification)
    if contact.get("channel") != message.channel:
        raise Withheld("channel_not_available")
    if not contact.get("value"):
        raise Withheld("no_address")
    now = deps.clock()
    zone = reader(deps, notification, "ar", _desk_of(deps, notification)).zone
    safe = next_safe_moment(contact.get("safe_hours"), now, zone)
    if safe > now:
        raise NotYet(safe, "safe_hours")
    language = contact.get("language")
    if language in LANGUAGES:
        message = replace(message, language=language, language_from="person")
    template = PLEASE_CALL if contact.get("shared_device") else None
    letter = letter_for(deps, notification, message.language, template)
    return Ready(message, Parcel(message.id, str(contact["value"]), letter))


def _desk_of(deps: Deps, notification: Notification) -> Mapping[str, Desk]:
    return deps.desks.named([notification.recipient.facility_id or ""])


def _contact(deps: WorkerDeps, notification: Notification) -> dict[str, Any]:
    """The opened contact. One that we never heard of may still be on its way, on its own topic."""
    known, sealed = deps.contacts.sealed(notification.recipient.id)
    now = deps.clock()
    if not known and now < notification.created_at + CONTACT_MAY_COME:
        raise NotYet(now + LOOK_AGAIN_AFTER, "contact_unknown")
    if sealed is None:
        raise Withheld("consent_withdrawn" if known else "no_address")
    try:
        return open_by_any(deps.contact_keys, sealed)
    except ValueError as error:
        raise Withheld("contact_unreadable") from error
