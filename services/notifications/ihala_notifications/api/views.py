"""Notifications as answers: addresses masked, times and words as they are."""

from __future__ import annotations

from typing import Any

from ihala_notifications.domain.masking import masked
from ihala_notifications.domain.message import Channel, Message
from ihala_notifications.domain.notification import Notification
from ihala_notifications.domain.summary import summary_of
from ihala_notifications.domain.templates import Letter, Template
from ihala_notifications.store.notifications import Kept
from ihala_notifications.store.webhooks import Webhook


def notification_view(notification: Notification) -> dict[str, Any]:
    """A notification as lists show it."""
    seen, cause = notification.acknowledged, notification.cause
    return {
        "id": notification.id,
        "cause": {
            "event_id": None if notification.protected else cause.event_id,
            "type": cause.type,
            "time": cause.time,
            "subject": cause.subject or None,
        },
        "rule": notification.rule,
        "class": notification.class_,
        "template": notification.template,
        "recipient": _recipient(notification),
        "created_at": notification.created_at,
        "expires_at": notification.expires_at,
        "acknowledged_at": seen.at if seen else None,
        "messages": [_message(message) for message in notification.messages],
    }


def _recipient(notification: Notification) -> dict[str, Any]:
    recipient = notification.recipient
    return {"kind": recipient.kind, "id": recipient.id, "role": recipient.role}


def _message(message: Message) -> dict[str, Any]:
    webhook = message.channel is Channel.WEBHOOK
    return {
        "id": message.id,
        "channel": message.channel,
        "address": message.address if webhook else masked(message.address),
        "language": message.language,
        "state": message.state,
        "reason": message.reason,
        "next_at": message.due_at,
    }


def trace_view(kept: Kept, template: Template | None) -> dict[str, Any]:
    """Everything that is known about why somebody was told, or was not."""
    notification, condition = kept.notification, kept.notification.condition
    return {
        **notification_view(notification),
        "template": {
            "name": notification.template,
            "version": template.version if template else None,
            "purpose": template.purpose if template else "",
        },
        "correlation_id": kept.document.get("thread", {}).get("correlation_id", ""),
        "still_true_while": None
        if condition is None
        else {
            "referral_id": condition.referral_id,
            "offer_number": condition.offer_number,
            "offer_status": None
            if condition.offer_status is None
            else sorted(condition.offer_status),
            "scheduled_at": condition.scheduled_at,
        },
        "messages": [_traced(message) for message in notification.messages],
        "summary": summary_of(notification),
    }


def _traced(message: Message) -> dict[str, Any]:
    return {
        **_message(message),
        "language_from": message.language_from,
        "states": [{"state": s.state, "at": s.at, "reason": s.reason} for s in message.states],
        "attempts": [
            {
                "number": attempt.number,
                "started_at": attempt.started_at,
                "ended_at": attempt.ended_at,
                "still_true": attempt.still_true,
                "outcome": attempt.outcome,
                "answer": attempt.answer,
            }
            for attempt in message.attempts
        ],
    }


def inbox_view(notification: Notification, letter: Letter) -> dict[str, Any]:
    """A message as its reader sees it."""
    seen = notification.acknowledged
    at = next(m.states[-1].at for m in notification.messages if m.channel is Channel.INBOX)
    return {
        "id": notification.id,
        "subject": letter.subject,
        "text": letter.text,
        "language": letter.language,
        "direction": letter.direction,
        "class": notification.class_,
        "referral_id": _referral_of(notification),
        "at": at,
        "acknowledged_at": seen.at if seen else None,
        "acknowledged_by": seen.by if seen else None,
    }


def _referral_of(notification: Notification) -> str | None:
    subject = notification.cause.subject
    return subject if subject.startswith("ref_") else None


def webhook_view(webhook: Webhook) -> dict[str, Any]:
    """A subscription without its secret."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "event_types": webhook.event_types,
        "owner": webhook.owner,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
    }


def template_view(template: Template) -> dict[str, Any]:
    """A template and the values that it takes."""
    return {
        "name": template.name,
        "version": template.version,
        "purpose": template.purpose,
        "protected": template.protected,
        "requestable": template.requestable,
        "languages": sorted(template.words),
        "values": [
            {"name": v.name, "kind": v.kind, "required": v.required, "example": v.example}
            for v in template.values.values()
        ],
    }
