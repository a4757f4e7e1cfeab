"""A notification: one event, one rule, one recipient; it holds its messages and their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ihala.events.event import Happened
from ihala_notifications.domain.classes import Class
from ihala_notifications.domain.facts import Condition
from ihala_notifications.domain.message import Message, State


class RecipientKind(StrEnum):
    """What kind of recipient is told."""

    FACILITY = "facility"
    ORGANISATION = "organisation"
    SUBJECT = "subject"
    PERSON = "person"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told, such as the desk of a facility, a person by their opaque id, or a webhook.

    ``facility_id`` is the facility that stands for them: its language, time zone and staff.
    """

    kind: RecipientKind
    id: str
    role: str
    facility_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that made us tell somebody."""

    event_id: str
    type: str
    time: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has seen it; kept apart from delivery."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Notification:
    """An intent to tell one recipient one thing, with all that came of it.

    ``protected`` notifications are about what nobody else may know of: their words are constant,
    and only protection staff of the recipient may see that they exist.
    ``audience`` says who may see it, ``inbox_of`` in whose inbox it lies.
    """

    id: str
    cause: Cause
    rule: str
    class_: Class
    template: str
    protected: bool
    recipient: Recipient
    values: Mapping[str, Any]
    condition: Condition | None
    created_at: datetime
    expires_at: datetime
    audience: Sequence[str]
    inbox_of: Sequence[str]
    messages: tuple[Message, ...] = ()
    language: str | None = None
    acknowledged: Acknowledgement | None = None

    def message(self, id_: str) -> Message:
        """The message of that id."""
        return next(message for message in self.messages if message.id == id_)

    def due(self, now: datetime) -> list[Message]:
        """The messages that somebody must look at now, in their order."""
        return [message for message in self.messages if message.is_due(now)]

    @property
    def due_at(self) -> datetime | None:
        """When the first of its messages is due; None when all are at rest."""
        return min((m.due_at for m in self.messages if m.due_at is not None), default=None)

    def with_message(self, changed: Message) -> Notification:
        """The notification with one message in its new state."""
        return replace(
            self, messages=tuple(changed if m.id == changed.id else m for m in self.messages)
        )


_SPOKEN_OF: Mapping[State, str] = {
    State.ACCEPTED: "message.accepted",
    State.DELIVERED: "message.delivered",
    State.PERMANENT_FAILURE: "message.failed",
    State.TECHNICAL_FAILURE: "message.failed",
    State.UNKNOWN: "message.unknown",
    State.SUPPRESSED: "message.suppressed",
    State.EXPIRED: "message.expired",
    State.CANCELLED: "message.cancelled",
}
_WITH_REASON = frozenset(
    {"message.failed", "message.suppressed", "message.expired", "message.cancelled"}
)


def events_between(before: Iterable[Message], after: Notification) -> list[Happened]:
    """What other services are told about the states that messages came to since ``before``.

    The in-app inbox stays ours: it has no provider whose word could matter to anybody.
    """
    seen = {message.id: len(message.states) for message in before}
    return [
        Happened(_SPOKEN_OF[step.state], _about(after, message, step.reason, step.state))
        for message in after.messages
        if message.channel != "inbox"
        for step in message.states[seen.get(message.id, 0) :]
        if step.state in _SPOKEN_OF
    ]


def acknowledged_event(notification: Notification) -> Happened:
    """What other services are told when the recipient has seen it."""
    message = notification.messages[-1]
    return Happened("message.acknowledged", _data(notification, message))


def _about(
    notification: Notification, message: Message, reason: str, state: State
) -> dict[str, Any]:
    data = _data(notification, message)
    if _SPOKEN_OF[state] in _WITH_REASON:
        data["reason"] = reason or state.value
    return data


def _data(notification: Notification, message: Message) -> dict[str, Any]:
    """Of what is protected, not even the cause's id is said."""
    return {
        "notification_id": notification.id,
        "message_id": message.id,
        "cause_event_id": None if notification.protected else notification.cause.event_id,
        "channel": message.channel.value,
        "class": notification.class_.value,
    }
