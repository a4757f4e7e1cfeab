"""From what is asked of a list to a MongoDB query; visibility is part of the query itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ihala.mongo import Document
from ihala_referrals.domain.visibility import Reach


class Direction(StrEnum):
    """Whether referrals come to the caller's facilities, or go out from them."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for. ``reaches`` is what the caller may know of at all.

    ``status`` is the referral's for outgoing ones, and the own offer's for incoming ones.
    """

    reaches: Sequence[Reach]
    direction: Direction | None = None
    facility_id: str | None = None
    status: str | None = None
    priority: str | None = None
    service_code: str | None = None
    code: str | None = None
    review: str | None = None


def query_of(wanted: Wanted) -> Document | None:
    """The query, or None when nothing can be found."""
    roads = [road for reach in wanted.reaches for road in _roads(reach, wanted)]
    if not roads:
        return None
    query: Document = roads[0] if len(roads) == 1 else {"$or": roads}
    named = {
        "priority": wanted.priority,
        "service_code": wanted.service_code,
        "code": wanted.code,
        "review": wanted.review,
    }
    return {**query, **{name: value for name, value in named.items() if value is not None}}


def _roads(reach: Reach, wanted: Wanted) -> list[Document]:
    """The ways in which a referral of one kind may concern the caller."""
    here = reach.facilities
    if wanted.facility_id is not None:
        here = (
            here & {wanted.facility_id} if not reach.all_facts else frozenset({wanted.facility_id})
        )
    everywhere = reach.all_facts and wanted.facility_id is None
    if not here and not everywhere:
        return []
    directions = [wanted.direction] if wanted.direction else list(Direction)
    if everywhere and wanted.direction is None:
        return [_with_status({"kind": str(reach.kind)}, "status", wanted.status)]
    place: Any = None if everywhere else {"$in": sorted(here)}
    return [_road(str(reach.kind), direction, place, wanted.status) for direction in directions]


def _road(kind: str, direction: Direction, place: Any, status: str | None) -> Document:
    if direction is Direction.OUTGOING:
        from_here = {} if place is None else {"from_facility_id": place}
        return _with_status({"kind": kind, **from_here}, "status", status)
    to_here = _with_status({} if place is None else {"to_facility_id": place}, "status", status)
    if not to_here:
        return {"kind": kind, "offers.0": {"$exists": True}}
    indexed = {} if place is None else {"offers.to_facility_id": place}
    return {"kind": kind, **indexed, "offers": {"$elemMatch": to_here}}


def _with_status(query: Document, name: str, status: str | None) -> Document:
    return query if status is None else {**query, name: status}
