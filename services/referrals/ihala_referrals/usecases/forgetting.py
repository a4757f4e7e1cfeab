"""Forgetting persons whose referrals ended long ago."""

from __future__ import annotations

from datetime import timedelta

from ihala.caller import system
from ihala.errors import LostRace
from ihala_referrals.domain.drafting import erased
from ihala_referrals.store.referrals import Kept
from ihala_referrals.usecases.deps import Deps

_AT_ONCE = 50


def forget_ended(deps: Deps, days: int) -> int:
    """Erase a batch of persons whose referrals ended more than ``days`` ago; 0 days is never.

    How many were erased. The facts and codes of their referrals stay.
    """
    if not days:
        return 0
    old = deps.referrals.ended_before(deps.clock() - timedelta(days=days), _AT_ONCE)
    return sum(forget(deps, kept) for kept in old)


def forget(deps: Deps, kept: Kept) -> bool:
    """Erase the person of one referral; False when somebody else changed it meanwhile.

    The key goes first: what is broken off here is found and finished the next time.
    """
    deps.vault.erase(kept.referral.person_key)
    try:
        deps.referrals.save(kept, erased(kept.referral, deps.clock()), system("retention"))
    except LostRace:
        return False
    return True
