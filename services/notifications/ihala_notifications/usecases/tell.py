"""From events to notifications: planned, stored in one bulk write, handed to the senders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ihala.caller import Caller
from ihala.events.event import Event
from ihala_notifications.domain.desk import Desk
from ihala_notifications.domain.notification import Notification, Recipient, RecipientKind
from ihala_notifications.domain.planning import (
    facilities_in,
    plan,
    plan_protected,
)
from ihala_notifications.domain.requests import plan_request, recipient_of
from ihala_notifications.domain.rules import Party
from ihala_notifications.domain.subscriptions import plan_protected_webhook, plan_webhook
from ihala_notifications.usecases.deps import WorkerDeps

Planned = tuple[Event, Notification]

NOTICE = "notice"
"""The event type that subscribers name to hear of what is protected."""


def tell_of_referrals(deps: WorkerDeps, events: Sequence[Event]) -> None:
    """Make what the rules and the subscriptions ask for. The same events again change nothing."""
    events = [event for event in events if event.data is not None]
    desks = deps.desks.named({f for event in events for f in facilities_in(event)})
    planned: list[Planned] = []
    for event in events:
        planned += [(event, n) for n in plan(event, desks, deps.clock())]
    planned += _to_subscribers(deps, [e for e in events if not _is_protected(e)], desks)
    _keep(deps, planned)


def tell_of_protected(deps: WorkerDeps, events: Sequence[Event]) -> None:
    """Constant words to the desk that each event names."""
    named = [(e, str(e.data["facility_id"])) for e in events if e.data is not None]
    desks = deps.desks.named(facility for _, facility in named)
    planned: list[Planned] = []
    for event, facility in named:
        recipient = Recipient(RecipientKind.FACILITY, facility, Party.RECEIVER, facility)
        now = deps.clock()
        planned += [(event, n) for n in plan_protected(event, recipient, desks, now)]
        for hook in deps.webhooks.wanting([NOTICE], [f"facility:{facility}"]):
            planned.append((event, plan_protected_webhook(event, hook.id, hook.owner, now)))
    _keep(deps, planned)


def tell_on_request(deps: WorkerDeps, events: Sequence[Event]) -> None:
    """What other systems ask for, in the words of a template that may be asked for."""
    requests = [(e, recipient_of(e.data)) for e in events if e.data is not None]
    desks = deps.desks.named(r.facility_id for _, r in requests if r and r.facility_id)
    planned = [
        (event, _requested(deps, event, recipient, desks.get(recipient.facility_id or "")))
        for event, recipient in requests
        if recipient is not None
    ]
    _keep(deps, planned)


def _requested(
    deps: WorkerDeps, event: Event, recipient: Recipient, desk: Desk | None
) -> Notification:
    template = deps.templates.get((event.data or {})["template"])
    return plan_request(event, recipient, template, desk, deps.clock())


def _to_subscribers(
    deps: WorkerDeps, events: Sequence[Event], desks: dict[str, Desk]
) -> Iterable[Planned]:
    """Each subscription of a facility that an event is about, or of its organisation, once."""
    owners = {event.id: _owners(event, desks) for event in events}
    everybody = {owner for some in owners.values() for owner in some}
    hooks = deps.webhooks.wanting((event.type for event in events), everybody)
    for event in events:
        for hook in hooks:
            if hook.owner in owners[event.id] and event.type in hook.event_types:
                yield event, plan_webhook(event, hook.id, hook.owner, deps.clock())


def _owners(event: Event, desks: dict[str, Desk]) -> set[str]:
    facilities = facilities_in(event)
    organisations = {desks[f].organisation_id for f in facilities if f in desks} - {None}
    return {f"facility:{f}" for f in facilities} | {f"organisation:{o}" for o in organisations}


def _is_protected(event: Event) -> bool:
    return (event.data or {}).get("kind") == "protection"


def _keep(deps: WorkerDeps, planned: Sequence[Planned]) -> None:
    """Store and hand over; the notifications stay on the thread of their event."""
    threads = {notification.id: _thread(event) for event, notification in planned}
    unique = {notification.id: notification for _, notification in planned}
    deps.handoff.put(deps.notifications.add(list(unique.values()), threads))


def _thread(event: Event) -> Caller:
    return Caller(
        "system:notifications",
        correlation_id=event.correlation_id,
        causation_id=event.id,
        traceparent=event.traceparent,
    )
