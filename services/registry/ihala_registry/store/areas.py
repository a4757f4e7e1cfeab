"""Administrative areas: one document each, by p-code.

An area whose centroid changed is due: the worker then moves the coarse facilities in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ihala.clock import Clock
from ihala.due import DueWork
from ihala.errors import LostRace
from ihala.mongo import ASCENDING, Database, Document, DuplicateKeyError
from ihala_registry.domain.areas import Area
from ihala_registry.domain.places import Point
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.vocabulary import AreaLevel


class AreaStore:
    """The areas collection."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._areas = database["areas"]
        self._clock = clock
        self.due = DueWork(self._areas, clock)

    def ensure_indexes(self) -> None:
        """Make all indexes; safe to call at every start."""
        self.due.ensure_indexes()
        for name in ("level", "parent"):
            self._areas.create_index(
                [(f"details.{name}", ASCENDING), ("_id", ASCENDING)], name=name
            )

    def get(self, pcode: str) -> Area | None:
        """The area, or None."""
        document = self._areas.find_one({"_id": pcode})
        return _area(document) if document else None

    def centroids(self, pcodes: Iterable[str | None]) -> dict[str, Point]:
        """The centroids of those areas that have one, by p-code."""
        wanted = sorted({pcode for pcode in pcodes if pcode})
        if not wanted:
            return {}
        known = {"_id": {"$in": wanted}, "details.centroid": {"$exists": True}}
        found = self._areas.find(known, {"details.centroid": 1})
        return {one["_id"]: from_plain(Point, one["details"]["centroid"]) for one in found}

    def put(self, area: Area, before: Area | None) -> Area:
        """Keep the area in place of ``before``. Raises LostRace when something else is kept."""
        after = replace(area, version=(before.version if before else 0) + 1)
        document = {"_id": area.pcode, **_state(after)}
        if before is None or before.details.centroid != area.details.centroid:
            document["due_at"] = self._clock()
        if before is None:
            self._insert(document)
        else:
            self._replace(document, before.version)
        return after

    def _insert(self, document: Document) -> None:
        try:
            self._areas.insert_one(document)
        except DuplicateKeyError as error:
            raise LostRace(f"{document['_id']} was made meanwhile; read it and retry") from error

    def _replace(self, document: Document, version: int) -> None:
        known = {"_id": document["_id"], "version": version}
        if not self._areas.update_one(known, {"$set": document}).matched_count:
            raise LostRace(f"{document['_id']} was changed meanwhile; read it again and retry")

    def settled(self, area: Document) -> None:
        """Nothing more is due for the area as it was claimed; if it changed since, it stays due."""
        known = {"_id": area["_id"], "version": area["version"]}
        self._areas.update_one(known, {"$unset": {"due_at": "", "claimed_until": ""}})
        self._areas.update_one({"_id": area["_id"]}, {"$unset": {"claimed_until": ""}})

    def page(
        self, level: AreaLevel | None, parent: str | None, limit: int, after: str | None
    ) -> tuple[list[Area], str | None]:
        """At most ``limit`` areas behind the p-code, and the last one's while more follow."""
        filter_: Document = {"details.level": level.value} if level else {}
        if parent:
            filter_["details.parent"] = parent
        if after:
            filter_["_id"] = {"$gt": after}
        found = self._areas.find(filter_).sort("_id", ASCENDING).limit(limit + 1)
        items = [_area(document) for document in found]
        return items[:limit], items[limit - 1].pcode if len(items) > limit else None


def _state(area: Area) -> Document:
    plain: dict[str, Any] = to_plain(area)
    return {name: value for name, value in plain.items() if name != "pcode"}


def _area(document: Document) -> Area:
    return from_plain(Area, {**document, "pcode": document["_id"]})
