"""Matching: who could help, in what order, and why; and who could not, and why not.

The order is by cost in kilometres: the way there, and on top of it so many kilometres as we would
rather travel than accept a drawback. The table of drawbacks is the whole rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ihala_referrals.domain.candidate import Candidate, Capacity, Wanted
from ihala_referrals.domain.opening import open_at
from ihala_referrals.domain.words import Priority

UNKNOWN = "unknown"
_FUNCTIONALITY = {"full": 0.0, "partial": 10.0, UNKNOWN: 5.0}
_AVAILABILITY = {"fully": 0.0, "partially": 10.0}
_CAPACITY = {
    "capacity": 0.0,
    "assessment_required": 8.0,
    UNKNOWN: 10.0,
    "waitlist": 30.0,
    "no_capacity": 80.0,
}
_CLOSED_NOW = {Priority.EMERGENCY: 60.0, Priority.URGENT: 10.0, Priority.ROUTINE: 0.0}
_OTHER_LANGUAGE = 10.0
_PARTLY_ACCESSIBLE = 10.0
_NO_LOCATION = 200.0


@dataclass(frozen=True, slots=True)
class Match:
    """A facility that could help; ``why`` are the facts that put it where it stands."""

    facility_id: str
    organisation_id: str | None
    name: Mapping[str, str]
    why: Mapping[str, Any]
    cost: float


@dataclass(frozen=True, slots=True)
class Excluded:
    """A facility that lists the service but cannot help, with every reason."""

    facility_id: str
    name: Mapping[str, str]
    reasons: tuple[str, ...]


def ranked(
    candidates: Iterable[Candidate], wanted: Wanted, now: datetime
) -> tuple[list[Match], list[Excluded]]:
    """The matches, best first, and those left out, nearest first. The sender itself is neither."""
    matches, excluded = [], []
    for candidate in candidates:
        if candidate.facility_id == wanted.from_facility_id:
            continue
        capacity = capacity_status(candidate.capacity, now)
        reasons = why_not(candidate, wanted, capacity)
        if reasons:
            excluded.append(Excluded(candidate.facility_id, candidate.name, tuple(reasons)))
        else:
            matches.append(assess(candidate, wanted, now))
    matches.sort(key=lambda match: (match.cost, match.facility_id))
    return matches, excluded


def why_not(candidate: Candidate, wanted: Wanted, capacity: str) -> list[str]:
    """Every reason for which the facility cannot help; empty when it can."""
    reasons = []
    if candidate.lifecycle != "operational":
        reasons.append(f"facility_{candidate.lifecycle}")
    if candidate.functionality == "none":
        reasons.append("facility_not_functioning")
    if candidate.accessibility == "none":
        reasons.append("no_access")
    if candidate.availability not in _AVAILABILITY:
        reasons.append("service_not_available")
    if _too_young_or_old(candidate, wanted.age):
        reasons.append("not_eligible_age")
    if candidate.sex and wanted.sex in ("female", "male") and candidate.sex != wanted.sex:
        reasons.append("not_eligible_sex")
    if capacity == "no_capacity" and wanted.priority is Priority.EMERGENCY:
        reasons.append("no_capacity")
    return reasons


def _too_young_or_old(candidate: Candidate, age: int | None) -> bool:
    if age is None:
        return False
    too_young = candidate.min_age is not None and age < candidate.min_age
    return too_young or (candidate.max_age is not None and age > candidate.max_age)


def capacity_status(capacity: Capacity | None, now: datetime) -> str:
    """The reported status while it is valid; ``unknown`` once it has decayed."""
    if capacity is None or now >= capacity.valid_until:
        return UNKNOWN
    return capacity.status


def assess(candidate: Candidate, wanted: Wanted, now: datetime) -> Match:
    """What speaks for and against one facility, as facts and as a cost in kilometres."""
    why = facts_for(candidate, wanted, now)
    return Match(
        facility_id=candidate.facility_id,
        organisation_id=candidate.organisation_id,
        name=candidate.name,
        why=MappingProxyType(why),
        cost=_cost(candidate, wanted, why),
    )


def facts_for(candidate: Candidate, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """What is known of one facility that speaks for or against it."""
    capacity = capacity_status(candidate.capacity, now)
    return {
        "distance_m": rounded_m(candidate),
        "functionality": candidate.functionality,
        "accessibility": candidate.accessibility,
        "availability": candidate.availability,
        "capacity": _capacity_facts(candidate.capacity, capacity, now),
        "open_now": open_at(candidate.hours, candidate.time_zone, now),
        "eligibility": _eligibility(candidate, wanted),
        "languages": [word for word in wanted.languages if word in candidate.languages],
    }


def _cost(candidate: Candidate, wanted: Wanted, why: Mapping[str, Any]) -> float:
    return (
        _travel_km(candidate)
        + _FUNCTIONALITY.get(candidate.functionality, 10.0)
        + _AVAILABILITY.get(candidate.availability or "", 10.0)
        + _CAPACITY.get(why["capacity"]["status"], 10.0)
        + (_CLOSED_NOW[wanted.priority] if why["open_now"] is False else 0.0)
        + (_OTHER_LANGUAGE if wanted.languages and not why["languages"] else 0.0)
        + (_PARTLY_ACCESSIBLE if candidate.accessibility == "partial" else 0.0)
    )


def _travel_km(candidate: Candidate) -> float:
    return _NO_LOCATION if candidate.distance_m is None else candidate.distance_m / 1000


def rounded_m(candidate: Candidate) -> int | None:
    """The distance, to 100 m; to the kilometre where the facility's place is published coarsely."""
    if candidate.distance_m is None:
        return None
    step = 1000 if candidate.coarse else 100
    return round(candidate.distance_m / step) * step


def _capacity_facts(capacity: Capacity | None, status: str, now: datetime) -> dict[str, Any]:
    """How much there is and how old that knowledge is; a decayed figure is not repeated."""
    if capacity is None:
        return {"status": status, "reported_at": None}
    facts = {
        "status": status,
        "reported_at": capacity.reported_at,
        "age_minutes": max(0, int((now - capacity.reported_at).total_seconds() // 60)),
        "valid_until": capacity.valid_until,
    }
    if status != UNKNOWN:
        facts |= {"available": capacity.available, "wait_days": capacity.wait_days}
    return facts


def _eligibility(candidate: Candidate, wanted: Wanted) -> str:
    """``unknown`` when the service has a limit that cannot be checked with what was told."""
    limited_by_age = candidate.min_age is not None or candidate.max_age is not None
    if (limited_by_age and wanted.age is None) or (candidate.sex and wanted.sex is None):
        return UNKNOWN
    return "eligible"
