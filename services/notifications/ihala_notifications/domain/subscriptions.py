"""What subscribers' systems are told: the event itself, or that there is something to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ihala.events.event import Event
from ihala_notifications.domain.message import Channel
from ihala_notifications.domain.notification import Cause, Notification, Recipient, RecipientKind
from ihala_notifications.domain.planning import address, class_of, new_intent
from ihala_notifications.domain.rules import Party, Rule

_NOT_FOR_SUBSCRIBERS = frozenset({"contact_id", "requested_by"})
_SUBSCRIPTION = Rule("webhook", Party.RECEIVER, "", channels=frozenset({Channel.WEBHOOK}))


def plan_webhook(event: Event, webhook_id: str, owner: str, now: datetime) -> Notification:
    """The event itself for one subscriber's system: codes and facts, no person, no staff."""
    data = {k: v for k, v in (event.data or {}).items() if k not in _NOT_FOR_SUBSCRIBERS}
    recipient = Recipient(RecipientKind.WEBHOOK, webhook_id, "subscriber")
    intent = replace(
        new_intent(event, "webhook", recipient, now),
        class_=class_of(data, _SUBSCRIPTION),
        values={"data": data},
        audience=(owner,),
    )
    return address(intent, _SUBSCRIPTION.channels, None, now)


def plan_protected_webhook(
    event: Event, webhook_id: str, owner: str, now: datetime
) -> Notification:
    """A subscriber's system learns that there is something, in a body that never differs."""
    recipient = Recipient(RecipientKind.WEBHOOK, webhook_id, "subscriber")
    intent = replace(
        new_intent(event, "webhook", recipient, now),
        cause=Cause(event.id, "protected", event.time, ""),
        protected=True,
        audience=(owner,),
    )
    return address(intent, _SUBSCRIPTION.channels, None, now)
