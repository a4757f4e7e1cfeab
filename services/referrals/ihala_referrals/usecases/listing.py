"""Lists, histories, possible actions and duplicates: each only of what the caller may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ihala.caller import Caller
from ihala_referrals.domain.codes import understood
from ihala_referrals.domain.possible import Possible, possible_actions
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.visibility import STAFF, reaches, sides, visible_offers
from ihala_referrals.domain.words import Kind, Side
from ihala_referrals.store.queries import Wanted
from ihala_referrals.usecases.creating import hashes
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.viewing import View, glance, visible


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of referrals, and the position behind its last one (None at the end)."""

    views: Sequence[View]
    next: str | None


def list_referrals(
    deps: Deps, caller: Caller, wanted: Wanted, limit: int, after: str | None
) -> Listed:
    """The referrals that the caller may know of, newest first, without anybody's identity."""
    if wanted.code is not None:
        wanted = replace(wanted, code=understood(wanted.code) or "-")
    mine = replace(wanted, reaches=reaches(caller))
    page, position = deps.referrals.page(mine, limit, after)
    return Listed([glance(kept, caller) for kept in page], position)


def actions_of(deps: Deps, caller: Caller, referral_id: str) -> tuple[int, list[Possible]]:
    """The referral's version, and what the caller may do with it now."""
    kept = visible(deps, referral_id, caller)
    return kept.version, possible_actions(kept.referral, caller)


def history_of(deps: Deps, caller: Caller, referral_id: str) -> list[Mapping[str, Any]]:
    """What has happened, oldest first; a receiver sees what concerns its own offers."""
    kept = visible(deps, referral_id, caller)
    events = deps.referrals.events_of(referral_id)
    if sides(kept.referral, caller) & {Side.SENDER, Side.SUPERVISOR}:
        return list(events)
    mine = {offer.number for offer in visible_offers(kept.referral, caller)}
    return [event for event in events if _of_offers(event, mine)]


def _of_offers(event: Mapping[str, Any], numbers: set[int]) -> bool:
    offer = (event["data"] or {}).get("offer")
    return offer is not None and offer["number"] in numbers


def duplicates(
    deps: Deps,
    caller: Caller,
    service_code: str,
    person: Mapping[str, Any],
    case_code: str | None,
) -> list[Referral]:
    """Referrals under way for the same person and service, from the caller's own facilities.

    Ended ones (fulfilled, unmet, cancelled) never stand in the way of a new one.
    """
    if not caller.has(*STAFF[Kind.MEDICAL]):
        return []
    known = {
        one for facility in caller.facilities for one in hashes(deps, person, case_code, facility)
    }
    return deps.referrals.alike(sorted(known), service_code, caller.facilities)
