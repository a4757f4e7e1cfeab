"""Searching facilities: filters on indexed, published values; total orders; keyset pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ihala.clock import rfc3339
from ihala.mongo import ASCENDING, Collection, Document
from ihala_registry.domain.places import Point
from ihala_registry.domain.search import FacilityQuery, Found
from ihala_registry.domain.vocabulary import Availability, Functionality
from ihala_registry.store.facility_documents import HEAVY, facility_of

Position = list[Any]
_TIE_M = 0.001
"""Slack on bounds of distance, which the server converts to radians; the exact test follows it."""


class FacilitySearch:
    """Reads pages of facilities."""

    def __init__(self, facilities: Collection[Document]) -> None:
        self._facilities = facilities

    def page(
        self, query: FacilityQuery, limit: int, after: Position | None
    ) -> tuple[list[Found], Position | None]:
        """At most ``limit`` facilities behind the position, and the position of the last one.

        The position is None on the last page; it is a JSON value that belongs to this query.
        """
        if query.near is not None:
            return self._nearest(query, query.near, limit, after)
        if query.updated_since is not None:
            return self._in_order_of_change(query, limit, after)
        after_id = {"_id": {"$gt": after[0]}} if after else {}
        found = self._find({"$and": [_filter(query), after_id]}, ["_id"], limit + 1)
        return _page([Found(facility_of(document)) for document in found], limit, _by_id)

    def _in_order_of_change(
        self, query: FacilityQuery, limit: int, after: Position | None
    ) -> tuple[list[Found], Position | None]:
        behind = _behind("updated_at", datetime.fromisoformat(after[0]), after[1]) if after else {}
        order = ["updated_at", "_id"]
        found = self._find({"$and": [_filter(query), behind]}, order, limit + 1)
        return _page([Found(facility_of(document)) for document in found], limit, _by_change)

    def _find(self, filter_: Document, order: Sequence[str], limit: int) -> list[Document]:
        sort = [(name, ASCENDING) for name in order]
        return list(self._facilities.find(filter_, HEAVY).sort(sort).limit(limit))

    def _nearest(
        self, query: FacilityQuery, near: Point, limit: int, after: Position | None
    ) -> tuple[list[Found], Position | None]:
        """Coarse points coincide, so a page's last distance is read whole and ordered by id."""
        found = self._walk(query, near, query.radius_m, after, {"$limit": limit + 1})
        if len(found) > limit:
            edge = found[-1]["distance"] + _TIE_M
            order = {"$sort": {"distance": ASCENDING, "_id": ASCENDING}}
            found = self._walk(query, near, edge, after, order, {"$limit": limit + 1})
        distances = {
            document["_id"]: document["distance"]
            for document in sorted(found, key=lambda one: (one["distance"], one["_id"]))
        }
        documents = self._facilities.find({"_id": {"$in": list(distances)}}, HEAVY)
        facilities = {document["_id"]: facility_of(document) for document in documents}
        items = [
            Found(facilities[id_], distance)
            for id_, distance in distances.items()
            if id_ in facilities
        ]
        return _page(items, limit, _by_distance)

    def _walk(
        self,
        query: FacilityQuery,
        near: Point,
        farthest_m: float,
        after: Position | None,
        *stages: Mapping[str, Any],
    ) -> list[Document]:
        """Ids and distances, from near to far."""
        geo: Document = {
            "near": {"type": "Point", "coordinates": [near.lon, near.lat]},
            "key": "spot",
            "distanceField": "distance",
            "maxDistance": farthest_m,
            "query": _filter(query),
        }
        behind: Document = {}
        if after:
            geo["minDistance"] = max(0.0, after[0] - _TIE_M)
            behind = _behind("distance", after[0], after[1])
        pipeline = [{"$geoNear": geo}, {"$project": {"distance": 1}}, {"$match": behind}, *stages]
        return list(self._facilities.aggregate(pipeline))


def _behind(name: str, value: Any, id_: str) -> Document:
    return {"$or": [{name: {"$gt": value}}, {name: value, "_id": {"$gt": id_}}]}


def _page(items: list[Found], limit: int, position_of: Any) -> tuple[list[Found], Position | None]:
    if len(items) <= limit:
        return items, None
    return items[:limit], position_of(items[limit - 1])


def _by_id(found: Found) -> Position:
    return [found.facility.id]


def _by_change(found: Found) -> Position:
    return [rfc3339(found.facility.updated_at), found.facility.id]


def _by_distance(found: Found) -> Position:
    return [found.distance_m, found.facility.id]


def _filter(query: FacilityQuery) -> Document:
    conditions: list[Document] = [
        {"words": {"$regex": f"^{re.escape(word)}"}} for word in query.words
    ]
    if query.types:
        conditions.append({"details.type": {"$in": [kind.value for kind in query.types]}})
    if query.service:
        conditions.append({"services": {"$elemMatch": _offers(query.service)}})
    if query.area:
        conditions.append({"areas": query.area})
    if query.lifecycles:
        conditions.append({"lifecycle": {"$in": [state.value for state in query.lifecycles]}})
    if query.functionalities:
        conditions.append({"status.functionality": {"$in": _levels(query.functionalities)}})
    if query.updated_since:
        conditions.append({"updated_at": {"$gte": query.updated_since}})
    return {"$and": conditions} if conditions else {}


def _offers(code: str) -> Document:
    """HeRAMS lists services that a facility does not normally provide: those are no offers."""
    return {"code": code, "availability": {"$ne": Availability.NOT_NORMALLY_PROVIDED.value}}


def _levels(functionalities: Sequence[Functionality]) -> list[str | None]:
    """A facility that was never reported on is unknown, too."""
    levels: list[str | None] = [level.value for level in functionalities]
    return [*levels, None] if Functionality.UNKNOWN in functionalities else levels
