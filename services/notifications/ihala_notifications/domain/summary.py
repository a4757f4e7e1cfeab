"""The trace in sentences: what a person asks first."""

from __future__ import annotations

from collections.abc import Mapping

from ihala.clock import rfc3339
from ihala_notifications.domain.message import Message, State
from ihala_notifications.domain.notification import Notification

_SAID: Mapping[State, str] = {
    State.CREATED: "it was just created",
    State.HELD: "it is held ({reason}) until {next}",
    State.BATCHED: "it waits to be sent together with others",
    State.SUPPRESSED: "it was not sent: {reason}",
    State.QUEUED: "it is about to be sent",
    State.SENDING: "it is being sent since {at}",
    State.ACCEPTED: "the provider took it at {at}",
    State.DELIVERED: "it arrived at {at}",
    State.TEMPORARY_FAILURE: "attempt {attempts} failed ({reason}); the next is at {next}",
    State.PERMANENT_FAILURE: "it will not arrive: {reason}",
    State.TECHNICAL_FAILURE: "we could not make it: {reason}",
    State.EXPIRED: "it was not sent, because it would have come too late",
    State.CANCELLED: "it was not sent, because it was no longer true: {reason}",
    State.MERGED: "it went out together with others",
    State.UNKNOWN: "nobody knows whether it left ({reason}); it is not sent a second time",
}


def summary_of(notification: Notification) -> list[str]:
    """Why there is this notification, and what came of each of its messages."""
    told = f"The {notification.recipient.role} is told"
    why = f"{told} by the rule {notification.rule}, because of {notification.cause.type}."
    messages = [f"By {m.channel}: {_said(m)}." for m in notification.messages]
    seen = notification.acknowledged
    return [why, *messages, *([f"It was acknowledged at {rfc3339(seen.at)}."] if seen else [])]


def _said(message: Message) -> str:
    return _SAID[message.state].format(
        reason=message.reason,
        at=rfc3339(message.states[-1].at),
        next=rfc3339(message.due_at) if message.due_at else "no set time",
        attempts=len(message.attempts),
    )
