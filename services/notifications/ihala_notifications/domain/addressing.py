"""From a recipient to messages: which addresses, which languages, and why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ihala.ids import derived_id
from ihala_notifications.domain.desk import (
    DEFAULT_LANGUAGE,
    Desk,
    choose_language,
)
from ihala_notifications.domain.message import Channel, Message, State, new_message
from ihala_notifications.domain.notification import Notification, RecipientKind

ASK_AGAIN_AFTER = timedelta(seconds=5)
GIVE_UP_ASKING_AFTER = timedelta(minutes=10)
"""Facilities travel on a topic of their own: one may become known a little later."""


@dataclass(frozen=True, slots=True)
class Address:
    """One place to send to; an empty ``value`` is found out when it is sent."""

    channel: Channel
    value: str
    language: str
    language_from: str


def addresses_for(
    notification: Notification, channels: Iterable[Channel], desk: Desk | None
) -> list[Address]:
    """Where this recipient is reached on these channels; without a desk there is no e-mail."""
    found: list[Address] = []
    for channel in sorted(channels):
        if channel is Channel.EMAIL and notification.recipient.kind is RecipientKind.FACILITY:
            found += _mail_desks(notification, desk)
        else:
            value = notification.recipient.id if channel is Channel.WEBHOOK else ""
            found.append(Address(channel, value, *_language(notification, desk)))
    return found


def _mail_desks(notification: Notification, desk: Desk | None) -> list[Address]:
    contacts = desk.reached_by("email") if desk else []
    return [
        Address(
            Channel.EMAIL, contact.value, *_asked_or(notification, choose_language(desk, contact))
        )
        for contact in contacts
    ]


def _language(notification: Notification, desk: Desk | None) -> tuple[str, str]:
    return _asked_or(notification, choose_language(desk))


def _asked_or(notification: Notification, chosen: tuple[str, str]) -> tuple[str, str]:
    return (notification.language, "request") if notification.language else chosen


def messages_for(
    notification: Notification,
    channels: Iterable[Channel],
    desk: Desk | None,
    now: datetime,
    not_before: datetime | None = None,
) -> tuple[Message, ...]:
    """The first messages of a notification, each in the state that it starts its life in."""
    wanted = sorted(channels)
    addresses = addresses_for(notification, wanted, desk)
    messages = [
        _start(_message(notification, address, now), notification, now, not_before)
        for address in addresses
    ]
    if Channel.EMAIL in wanted and not any(a.channel is Channel.EMAIL for a in addresses):
        messages.insert(0, _without_address(notification, desk, now))
    return tuple(messages)


def _message(notification: Notification, address: Address, now: datetime) -> Message:
    id_ = derived_id("msg", notification.id, address.channel, address.value.casefold())
    language = (address.language, address.language_from)
    return new_message(id_, address.channel, address.value, language, now)


def _start(
    message: Message, notification: Notification, now: datetime, not_before: datetime | None
) -> Message:
    if now >= notification.expires_at:
        return message.to(State.EXPIRED, now, "too_late")
    if not_before and not_before > now:
        return message.to(State.HELD, now, "not_before", due_at=not_before)
    if message.channel is Channel.INBOX:
        return lay_into_inbox(message, now)
    return message.to(State.QUEUED, now, due_at=now)


def lay_into_inbox(message: Message, now: datetime) -> Message:
    """The inbox is our own database: what is written there has arrived."""
    sending = message.to(State.QUEUED, now).to(State.SENDING, now)
    return sending.to(State.ACCEPTED, now).to(State.DELIVERED, now)


def _without_address(notification: Notification, desk: Desk | None, now: datetime) -> Message:
    language = (notification.language or DEFAULT_LANGUAGE, "default")
    id_ = derived_id("msg", notification.id, Channel.EMAIL, "")
    message = new_message(id_, Channel.EMAIL, "", language, now)
    if now >= notification.expires_at:
        return message.to(State.EXPIRED, now, "too_late")
    if desk is None:
        return message.to(State.HELD, now, "facility_unknown", due_at=now + ASK_AGAIN_AFTER)
    return message.to(State.SUPPRESSED, now, "no_address")


def ask_again(notification: Notification, desk: Desk | None, now: datetime) -> tuple[Message, ...]:
    """The messages after another look at a facility that was unknown when they were made.

    Still unknown: look again a little later, and give up after ten minutes. The message that
    waited becomes the first address's; further addresses get messages of their own.
    """
    waiting = next(m for m in notification.messages if m.reason == "facility_unknown")
    others = tuple(m for m in notification.messages if m.id != waiting.id)
    contacts = _mail_desks(notification, desk)
    if desk is None and now < notification.created_at + GIVE_UP_ASKING_AFTER:
        return (*others, _wait_on(waiting, now))
    if not contacts:
        reason = "facility_unknown" if desk is None else "no_address"
        return (*others, waiting.to(State.SUPPRESSED, now, reason))
    first, *more = contacts
    return (
        *others,
        _found(waiting, first, now),
        *(_message(notification, a, now).to(State.QUEUED, now, due_at=now) for a in more),
    )


def _wait_on(waiting: Message, now: datetime) -> Message:
    return replace(waiting, due_at=now + ASK_AGAIN_AFTER)


def _found(waiting: Message, address: Address, now: datetime) -> Message:
    found = replace(
        waiting,
        address=address.value,
        language=address.language,
        language_from=address.language_from,
    )
    return found.to(State.QUEUED, now, due_at=now)
