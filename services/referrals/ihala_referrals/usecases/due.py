"""What time brings about: reminders at half time, expiry, closing; run by the worker."""

from __future__ import annotations

from ihala.caller import system
from ihala.errors import LostRace
from ihala.mongo import Document
from ihala_referrals.domain.timers import tick
from ihala_referrals.store.referrals import kept_from
from ihala_referrals.usecases.counted import count_offers
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.roads import roads


def meet(deps: Deps, document: Document) -> bool:
    """Do what is due for one claimed referral; False when somebody else was faster.

    Safe to run twice: what was done already is no longer due.
    """
    before = kept_from(document)
    ticked = tick(before.referral, deps.clock(), roads(deps, before.referral))
    try:
        deps.referrals.save(before, ticked, system("timer"))
    except LostRace:
        return False
    count_offers(before.referral, ticked.referral, deps.clock())
    return True
