"""Reading notifications: who may see which, lists, inboxes, and acknowledging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ihala.caller import Caller, Role
from ihala.errors import Conflict, NotFound
from ihala.events.history import answered, retrying
from ihala_notifications.domain.notification import (
    Acknowledgement,
    Notification,
    acknowledged_event,
)
from ihala_notifications.store.listing import Sight
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.deps import Deps


def sight_of(caller: Caller) -> Sight:
    """What the caller may know of: what is for or about their facilities; operators all of it.

    What is protected is known to protection staff of the facility that it is for, and to nobody
    else, operators included.
    """
    keys = frozenset({*boxes_of(caller), *(f"facility:{f}" for f in caller.facilities)})
    return Sight(keys, caller.has(Role.PROTECTION), caller.has(Role.OPERATOR))


def boxes_of(caller: Caller) -> frozenset[str]:
    """The caller's own inbox and their facilities'; for coordinators the organisation's too."""
    boxes = {f"subject:{caller.subject}", *(f"facility:{f}" for f in caller.facilities)}
    if caller.organisation and caller.has(Role.COORDINATOR):
        boxes.add(f"organisation:{caller.organisation}")
    return frozenset(boxes)


def may_see(caller: Caller, notification: Notification) -> bool:
    """Whether the caller may know that there is this notification."""
    sight = sight_of(caller)
    if notification.protected:
        return sight.protected_too and not sight.keys.isdisjoint(notification.audience)
    mine = {*notification.audience, *notification.inbox_of}
    return sight.everything or not sight.keys.isdisjoint(mine)


def read_notification(deps: Deps, caller: Caller, id_: str) -> Kept:
    """The notification; NotFound also where the caller may not know of it."""
    kept = deps.notifications.get(id_)
    if kept is None or not may_see(caller, kept.notification):
        raise NotFound("there is no such notification, or you may not know of it")
    return kept


def list_notifications(
    deps: Deps, caller: Caller, wanted: Mapping[str, Any], after: Any, limit: int
) -> tuple[list[Notification], Any]:
    """Notifications that the caller may know of, newest first."""
    return deps.listing.find(sight_of(caller), wanted, after, limit)


def read_inbox(
    deps: Deps, caller: Caller, *, unread: bool, after: Any, limit: int
) -> tuple[list[Notification], Any]:
    """What lies in the caller's inboxes, newest first."""
    return deps.listing.inbox(boxes_of(caller), sight_of(caller), unread, after, limit)


def count_unread(deps: Deps, caller: Caller) -> int:
    """How many of them nobody has acknowledged."""
    return deps.listing.count_unread(boxes_of(caller), sight_of(caller))


@retrying
def acknowledge(deps: Deps, caller: Caller, id_: str) -> tuple[Kept, bool]:
    """Say that it was seen, once for the desk; again changes nothing. True when nothing was done.

    Raises NotFound unless it lies in one of the caller's inboxes.
    """
    kept = read_notification(deps, caller, id_)
    notification = kept.notification
    if boxes_of(caller).isdisjoint(notification.inbox_of):
        raise NotFound("there is no such message in your inbox")
    if answered(kept.document, caller) or notification.acknowledged:
        return kept, True
    if "inbox_at" not in kept.document:
        raise Conflict("this message never came into an inbox")
    seen = replace(notification, acknowledged=Acknowledgement(deps.clock(), caller.subject))
    return deps.notifications.change(kept, seen, caller, [acknowledged_event(seen)]), False
