"""Rescue: when a facility can no longer help, its open offers are found and moved on."""

from __future__ import annotations

from ihala.caller import Caller
from ihala.events.history import retrying
from ihala_referrals.domain.timers import rescue
from ihala_referrals.store.referrals import Kept
from ihala_referrals.usecases.counted import count_offers
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.roads import roads

_AT_ONCE = 200


def rescue_from(
    deps: Deps, by: Caller, facility_id: str, still_offered: frozenset[str], seq: int
) -> int:
    """Move on every referral with an open offer there for a service not among ``still_offered``.

    Each referral remembers the ``seq`` of the facility's event, so that the same event again, or an
    older one, changes nothing. Returns how many there were.
    """
    count = 0
    while stranded := deps.referrals.stranded(facility_id, still_offered, seq, _AT_ONCE):
        for kept in stranded:
            _rescue(deps, by, kept, facility_id, seq)
            count += 1
    return count


@retrying
def _rescue(deps: Deps, by: Caller, kept: Kept, facility_id: str, seq: int) -> None:
    before = deps.referrals.find(kept.referral.id)
    if before is None:
        return
    moved = rescue(before.referral, facility_id, deps.clock(), roads(deps, before.referral))
    deps.referrals.save(before, moved, by, {f"rescues.{facility_id}": seq})
    count_offers(before.referral, moved.referral, deps.clock())
