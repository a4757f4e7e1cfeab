"""When another system asks for a referral."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ihala.caller import Caller
from ihala.events.event import Event
from ihala.ids import derived_id
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.requesting import create_requested

_MAX_SUBJECT = 100


def on_referral_requested(deps: Deps, event: Event) -> None:
    """Write the referral down, under an id that the event gives: the same event makes no second."""
    by = Caller(
        event.source[:_MAX_SUBJECT],
        correlation_id=event.correlation_id,
        causation_id=event.id,
        traceparent=event.traceparent,
    )
    id_ = derived_id("ref", event.source, event.id)
    create_requested(deps, by, id_, event.data or {})


def handlers(deps: Deps) -> Mapping[str, Callable[[Event], None]]:
    """What is done about which events."""
    return {"referral.requested": partial(on_referral_requested, deps)}
