"""A notification as a document, and back; the one place that knows the fields' names."""

from __future__ import annotations

from typing import Any

from ihala.mongo import Document
from ihala_notifications.domain.classes import Class
from ihala_notifications.domain.facts import Condition
from ihala_notifications.domain.message import Attempt, Channel, Message, State, Step
from ihala_notifications.domain.notification import (
    Acknowledgement,
    Cause,
    Notification,
    Recipient,
    RecipientKind,
)


def to_document(notification: Notification) -> Document:
    """The state of a notification as it is stored, without its id."""
    cause, recipient = notification.cause, notification.recipient
    document: Document = {
        "cause": {
            "event_id": cause.event_id,
            "type": cause.type,
            "time": cause.time,
            "subject": cause.subject,
        },
        "rule": notification.rule,
        "class": notification.class_.value,
        "template": notification.template,
        "protected": notification.protected,
        "recipient": {
            "kind": recipient.kind.value,
            "id": recipient.id,
            "role": recipient.role,
            "facility_id": recipient.facility_id,
        },
        "values": dict(notification.values),
        "condition": _condition_document(notification.condition),
        "created_at": notification.created_at,
        "expires_at": notification.expires_at,
        "audience": list(notification.audience),
        "inbox_of": list(notification.inbox_of),
        "language": notification.language,
    }
    return document | changing_fields(notification)


def changing_fields(notification: Notification) -> Document:
    """The fields that change during a notification's life; an absent one must be unset."""
    seen = notification.acknowledged
    fields = {
        "messages": [_message_document(message) for message in notification.messages],
        "due_at": notification.due_at,
        "inbox_at": _inbox_at(notification),
        "acknowledged": {"at": seen.at, "by": seen.by} if seen else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


CHANGING = frozenset({"messages", "due_at", "inbox_at", "acknowledged"})


def _inbox_at(notification: Notification) -> Any:
    """When it came into an inbox, or None when it did not."""
    for message in notification.messages:
        if message.channel is Channel.INBOX and message.state is State.DELIVERED:
            return message.states[-1].at
    return None


def _condition_document(condition: Condition | None) -> Document | None:
    if condition is None:
        return None
    statuses = condition.offer_status
    return {
        "referral_id": condition.referral_id,
        "offer_number": condition.offer_number,
        "offer_status": None if statuses is None else sorted(statuses),
        "scheduled_at": condition.scheduled_at,
    }


def _message_document(message: Message) -> Document:
    document: Document = {
        "id": message.id,
        "channel": message.channel.value,
        "address": message.address,
        "language": message.language,
        "language_from": message.language_from,
        "state": message.state.value,
        "states": [_compact(s.state.value, s.at, s.reason) for s in message.states],
        "attempts": [_attempt_document(attempt) for attempt in message.attempts],
    }
    if message.due_at is not None:
        document["due_at"] = message.due_at
    return document


def _compact(state: str, at: Any, reason: str) -> Document:
    return {"state": state, "at": at, "reason": reason} if reason else {"state": state, "at": at}


def _attempt_document(attempt: Attempt) -> Document:
    return {
        "number": attempt.number,
        "started_at": attempt.started_at,
        "by": attempt.by,
        "still_true": attempt.still_true,
        "ended_at": attempt.ended_at,
        "outcome": attempt.outcome,
        "answer": attempt.answer,
    }


def from_document(document: Document) -> Notification:
    """The notification that a document holds."""
    cause, recipient = document["cause"], document["recipient"]
    seen = document.get("acknowledged")
    return Notification(
        id=document["_id"],
        cause=Cause(cause["event_id"], cause["type"], cause["time"], cause["subject"]),
        rule=document["rule"],
        class_=Class(document["class"]),
        template=document["template"],
        protected=document["protected"],
        recipient=Recipient(
            RecipientKind(recipient["kind"]),
            recipient["id"],
            recipient["role"],
            recipient["facility_id"],
        ),
        values=document["values"],
        condition=_condition(document["condition"]),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        audience=tuple(document["audience"]),
        inbox_of=tuple(document["inbox_of"]),
        messages=tuple(_message(message) for message in document["messages"]),
        language=document["language"],
        acknowledged=Acknowledgement(seen["at"], seen["by"]) if seen else None,
    )


def _condition(document: Document | None) -> Condition | None:
    if document is None:
        return None
    statuses = document["offer_status"]
    return Condition(
        document["referral_id"],
        document["offer_number"],
        None if statuses is None else frozenset(statuses),
        document["scheduled_at"],
    )


def _message(document: Document) -> Message:
    return Message(
        id=document["id"],
        channel=Channel(document["channel"]),
        address=document["address"],
        language=document["language"],
        language_from=document["language_from"],
        state=State(document["state"]),
        states=tuple(
            Step(State(step["state"]), step["at"], step.get("reason", ""))
            for step in document["states"]
        ),
        attempts=tuple(Attempt(**attempt) for attempt in document["attempts"]),
        due_at=document.get("due_at"),
    )
