"""Where an offer may go: facilities with the reasons for and against each, at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ihala_referrals.domain.candidate import Wanted
from ihala_referrals.domain.errors import NotUsable
from ihala_referrals.domain.matching import capacity_status, facts_for, why_not
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.sending import Destination, Roads, untried
from ihala_referrals.store.facilities import place_in
from ihala_referrals.usecases.deps import Deps


def destination(deps: Deps, referral: Referral, facility_id: str, now: datetime) -> Destination:
    """One facility to send to; NotUsable when nobody knows it."""
    found = destinations(deps, referral, [facility_id], now).get(facility_id)
    if found is None:
        raise NotUsable(f"Facility {facility_id} is not known; look for one with /v1/matches.")
    return found


def roads(deps: Deps, referral: Referral) -> Roads:
    """What moving on needs to know; nothing is read unless the referral moves on by itself."""
    if not referral.auto_forward:
        return Roads({}, deps.respond_by)
    return Roads(destinations(deps, referral, untried(referral), deps.clock()), deps.respond_by)


def destinations(
    deps: Deps, referral: Referral, facility_ids: Sequence[str], now: datetime
) -> dict[str, Destination]:
    """Those of the facilities that are known, with the reasons that an offer will keep."""
    known = deps.facilities.known([*facility_ids, referral.from_facility_id])
    here = place_in(known.get(referral.from_facility_id))
    wanted = Wanted(referral.priority, referral.from_facility_id)
    found = {}
    for facility_id in facility_ids:
        if facility_id not in known:
            continue
        candidate = deps.facilities.candidate(known[facility_id], referral.service_code, here)
        reasons = why_not(candidate, wanted, capacity_status(candidate.capacity, now))
        why = {**facts_for(candidate, wanted, now), "against": reasons}
        operational = candidate.lifecycle == "operational"
        found[facility_id] = Destination(facility_id, candidate.organisation_id, operational, why)
    return found
