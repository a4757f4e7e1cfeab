"""Every consumer group, the topics it reads, and what it does about their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ihala.events.effect import Effect, each
from ihala_referrals.handlers import facilities, requests
from ihala_referrals.store.facilities import TOPIC as FACILITIES
from ihala_referrals.usecases.deps import Deps

REQUESTS = "referrals.requests"
GROUPS: Mapping[str, Sequence[str]] = {
    "referrals.facilities": (FACILITIES,),
    "referrals.rescue": (FACILITIES,),
    "referrals.requests": (REQUESTS,),
}


def effects(deps: Deps) -> Mapping[str, Mapping[str, Effect]]:
    """By group and topic."""
    return {
        "referrals.facilities": {FACILITIES: deps.facilities.projection},
        "referrals.rescue": {FACILITIES: each(facilities.handlers(deps))},
        "referrals.requests": {REQUESTS: each(requests.handlers(deps))},
    }
