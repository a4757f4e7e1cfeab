"""Changing what the sender wrote down, and erasing a person for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ihala.caller import Caller
from ihala_referrals.domain.decided import Decided
from ihala_referrals.domain.drafting import check_consent, erased, revise
from ihala_referrals.domain.errors import NotYours
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.visibility import sides
from ihala_referrals.domain.words import Side
from ihala_referrals.usecases.acting_on import Target
from ihala_referrals.usecases.changing import change
from ihala_referrals.usecases.creating import hashes
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.viewing import View, visible


def revise_referral(
    deps: Deps,
    caller: Caller,
    target: Target,
    changes: Mapping[str, Any],
    private: Mapping[str, Any],
) -> View:
    """Change fields of a draft (and a few of an active referral).

    ``changes`` are fields of Referral; ``private`` are single facts of the person, of which those
    that are None are forgotten. What is not named stays as it is.
    """

    def decide(referral: Referral) -> Decided:
        if Side.SENDER not in sides(referral, caller):
            raise NotYours("Only the sender of a referral may change it.")
        known = deps.vault.open(referral.private) if referral.private else {}
        merged = {name: it for name, it in {**known, **private}.items() if it is not None}
        wanted = {**changes, **(_encrypted(deps, referral, changes, merged) if private else {})}
        revised = revise(referral, wanted, deps.clock())
        if "consent" in wanted:
            after = revised.referral
            check_consent(after.consent, after.priority, merged, deps.clock())
        return revised

    return change(deps, caller, target.referral_id, target.expected, decide)


def _encrypted(
    deps: Deps, referral: Referral, changes: Mapping[str, Any], merged: Mapping[str, Any]
) -> dict[str, Any]:
    case_code = changes.get("case_code", referral.case_code)
    return {
        "private": deps.vault.seal(referral.person_key, merged),
        "recognised_by": hashes(deps, merged, case_code, referral.from_facility_id),
    }


def erase_person(deps: Deps, caller: Caller, referral_id: str) -> View:
    """Make the person's data unreadable for everybody and for ever, by deleting the key.

    Safe to call again: a call that broke off in between is finished by the next one. Contact ends.
    """
    kept = visible(deps, referral_id, caller)
    after = change(deps, caller, referral_id, None, lambda r: erased(r, deps.clock()))
    deps.vault.erase(kept.referral.person_key)
    return after
