"""What each topic's events do; the whole table is at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ihala.events.event import Event
from ihala_notifications.store.contacts import TOPIC as CONTACTS
from ihala_notifications.store.desks import TOPIC as FACILITIES
from ihala_notifications.store.facts import TOPIC as REFERRALS
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.usecases.tell import (
    tell_of_protected,
    tell_of_referrals,
    tell_on_request,
)

PROTECTED = "referrals.protected"
REQUESTS = "notifications.requests"


class Effect(Protocol):
    """What ihala.events.consumer applies."""

    def apply(self, events: Sequence[Event]) -> None:
        """Apply all of them, in order; safe to run twice."""


class Telling:
    """First what must be known, then what must be said. Both may be run again without harm."""

    def __init__(
        self,
        deps: WorkerDeps,
        tell: Callable[[WorkerDeps, Sequence[Event]], None],
        known_first: Effect | None = None,
    ) -> None:
        self._deps = deps
        self._tell = tell
        self._known_first = known_first

    def apply(self, events: Sequence[Event]) -> None:
        """See Effect."""
        if self._known_first is not None:
            self._known_first.apply(events)
        self._tell(self._deps, events)


GROUPS: Mapping[str, tuple[str, ...]] = {
    "notifications.known": (FACILITIES, CONTACTS),
    "notifications.referrals": (REFERRALS, PROTECTED),
    "notifications.requests": (REQUESTS,),
}
"""The consumer groups: a flood of facilities must not hold up what is to be said."""


def handlers(deps: WorkerDeps) -> Mapping[str, Effect]:
    """The effect of every topic that notifications read."""
    return {
        FACILITIES: deps.desks.projection,
        CONTACTS: deps.contacts.projection,
        REFERRALS: Telling(deps, tell_of_referrals, deps.facts.projection),
        PROTECTED: Telling(deps, tell_of_protected),
        REQUESTS: Telling(deps, tell_on_request),
    }
