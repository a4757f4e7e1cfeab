"""Facilities: one document each, with its history; the identifiers of other systems are unique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ihala.caller import Caller
from ihala.clock import Clock
from ihala.events.event import Happened
from ihala.events.history import HistoryCollection, answered
from ihala.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError
from ihala_registry.domain.errors import IdentifierTaken
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.values import Identifier
from ihala_registry.domain.vocabulary import Sensitivity
from ihala_registry.store.facility_documents import HEAVY, changes, facility_of, state_of

LONG_HISTORY = 200
"""A document that holds more events than this is trimmed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A facility as it is kept; ``replayed`` when the same request had been answered before."""

    facility: Facility
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class NewFacility:
    """A facility to be kept, with its first events and whose doing it is."""

    facility: Facility
    events: Sequence[Happened]
    by: Caller


class FacilityStore:
    """The facilities collection."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self.history = HistoryCollection(database["facilities"], clock)

    @property
    def collection(self) -> Collection[Document]:
        """The documents themselves, for the other stores of facilities."""
        return self.history.collection

    def ensure_indexes(self) -> None:
        """Make all indexes; safe to call at every start."""
        self.history.ensure_indexes()
        create = self.collection.create_index
        create("identifiers", unique=True, sparse=True, name="identifiers")
        create([("spot", "2dsphere")], name="spot")
        for name in ("words", "areas", "details.type", "services.code", "updated_at"):
            create([(name, ASCENDING), ("_id", ASCENDING)], name=name.replace(".", "_"))
        create(
            "slot",
            partialFilterExpression={f"history.{LONG_HISTORY}": {"$exists": True}},
            name="long_history",
        )
        for level in ("adm3", "adm2"):
            create(
                f"details.location.admin.{level}",
                partialFilterExpression={"details.location.sensitivity": "coarse"},
                name=f"coarse_in_{level}",
            )

    def add(self, facility: Facility, events: Sequence[Happened], by: Caller) -> Kept:
        """Keep a new facility. Raises IdentifierTaken, naming the facility that has it."""
        try:
            saved = self.history.create(facility.id, state_of(facility), events, by)
        except DuplicateKeyError as error:
            raise self._taken(facility) from error
        return Kept(facility_of(saved.document), saved.replayed)

    def add_all(self, new: Sequence[NewFacility]) -> set[str]:
        """Keep many; the ids of those that were there already, by id or by identifier."""
        history = self.history
        return history.create_many(
            [
                history.new(one.facility.id, state_of(one.facility), one.events, one.by)
                for one in new
            ]
        )

    def get(self, id_: str) -> Facility | None:
        """The facility, or None."""
        document = self.collection.find_one({"_id": id_}, HEAVY)
        return facility_of(document) if document else None

    def find(self, id_: str, by: Caller) -> Kept | None:
        """The facility, and whether this very request has changed it before. Raises KeyReused."""
        document = self.history.get(id_)
        return Kept(facility_of(document), answered(document, by)) if document else None

    def save(
        self, before: Facility, after: Facility, events: Sequence[Happened], by: Caller
    ) -> Facility:
        """Keep what the facility became, with its events, in one write.

        Raises LostRace when it changed since it was read, and IdentifierTaken.
        """
        known = {"_id": before.id, "version": before.version, "seq": before.seq}
        set_, unset = changes(before, after)
        try:
            return facility_of(self.history.save(known, set_, events, by, unset))
        except DuplicateKeyError as error:
            raise self._taken(after) from error

    def by_identifiers(self, keys: Iterable[str]) -> list[Facility]:
        """The facilities that carry one of these identifiers."""
        wanted = sorted(keys)
        if not wanted:
            return []
        found = self.collection.find({"identifiers": {"$in": wanted}}, HEAVY)
        return [facility_of(document) for document in found]

    def coarse_in(self, pcode: str) -> Iterator[str]:
        """The ids of the coarse facilities that the area's centroid may stand for."""
        admin = "details.location.admin"
        coarse = {"details.location.sensitivity": Sensitivity.COARSE.value}
        for level in ("adm3", "adm2"):
            found = self.collection.find({**coarse, f"{admin}.{level}": pcode}, {"_id": 1})
            yield from (document["_id"] for document in found)

    def _taken(self, facility: Facility) -> IdentifierTaken:
        for identifier in facility.details.identifiers:
            other = self._other_with(identifier, facility.id)
            if other:
                return IdentifierTaken(
                    f"{identifier.value} of {identifier.system} belongs to {other} already."
                )
        return IdentifierTaken("One of the identifiers belongs to another facility already.")

    def _other_with(self, identifier: Identifier, id_: str) -> str | None:
        other = self.collection.find_one(
            {"identifiers": identifier.key, "_id": {"$ne": id_}}, {"_id": 1}
        )
        return other["_id"] if other else None
