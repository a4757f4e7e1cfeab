"""Changing one message: guarded, and done again only where that cannot hurt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from ihala.errors import LostRace
from ihala.mongo import is_world_down
from ihala_notifications.domain.message import Message
from ihala_notifications.store.notifications import Kept
from ihala_notifications.usecases.counted import count_end
from ihala_notifications.usecases.deps import Deps

Change = Callable[[Message], Message]

_ASK_DATABASE_EVERY_S = 0.5


def as_soon_as_possible(write: Callable[[], Kept], within: timedelta) -> Kept:
    """Write, and where the database is away, again and again until it is back or time is up."""
    until = time.monotonic() + within.total_seconds()
    while True:
        try:
            return write()
        except Exception as error:
            if not is_world_down(error) or time.monotonic() > until:
                raise
            threading.Event().wait(_ASK_DATABASE_EVERY_S)


def change_message(deps: Deps, kept: Kept, message: Message, change: Change) -> Kept:
    """Save one message's change. Where only something else in the document changed, do it again.

    A write whose answer got lost is recognised when it is tried again. Raises LostRace when the
    message is neither as it was read nor as it was to be.
    """
    changed = change(message)
    while True:
        after = kept.notification.with_message(changed)
        try:
            kept = deps.notifications.change(kept, after, deps.notifications.thread_of(kept))
        except LostRace:
            kept = read_again(deps, kept)
            found = kept.notification.message(message.id)
            if found == message:
                continue
            if found != changed:
                raise
        count_end(kept.notification, message, changed)
        return kept


def read_again(deps: Deps, kept: Kept) -> Kept:
    """The notification as it stands now."""
    fresh = deps.notifications.get(kept.notification.id)
    if fresh is None:
        raise LostRace("the notification is gone")
    return fresh
