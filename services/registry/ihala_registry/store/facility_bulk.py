"""Many new facilities at once: each is still one document that carries its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ihala.caller import Caller
from ihala.clock import Clock
from ihala.events.event import Happened
from ihala.events.history import entries, slot_of
from ihala.mongo import BulkWriteError, Document
from ihala_registry.domain.facility import Facility
from ihala_registry.store.facilities import FacilityStore
from ihala_registry.store.facility_documents import state_of

_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class NewFacility:
    """A facility to be kept, with its first events and whose doing it is."""

    facility: Facility
    events: Sequence[Happened]
    by: Caller


class FacilityBulk:
    """Inserts facilities in bulk."""

    def __init__(self, facilities: FacilityStore, clock: Clock) -> None:
        self._facilities = facilities.collection
        self._clock = clock

    def add_all(self, new: Sequence[NewFacility]) -> set[str]:
        """Keep the facilities; the ids of those that were there already, by id or by identifier."""
        documents = [self._document(one) for one in new]
        if not documents:
            return set()
        try:
            self._facilities.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            problems = error.details.get("writeErrors", [])
            if any(problem["code"] != _DUPLICATE_KEY for problem in problems):
                raise
            return {documents[problem["index"]]["_id"] for problem in problems}
        return set()

    def _document(self, new: NewFacility) -> Document:
        """As HistoryCollection.create makes it."""
        id_, now = new.facility.id, self._clock()
        return {
            "_id": id_,
            "version": 1,
            "slot": slot_of(id_),
            **state_of(new.facility),
            "seq": len(new.events),
            "history": entries(id_, 0, new.events, new.by, now),
            "unsent": 1,
            "unsent_at": now,
        }
