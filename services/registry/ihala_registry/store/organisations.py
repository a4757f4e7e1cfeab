"""Organisations: one document each, with its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ihala.caller import Caller
from ihala.clock import Clock
from ihala.events.event import Happened
from ihala.events.history import HistoryCollection
from ihala.mongo import ASCENDING, Database, Document
from ihala_registry.domain.organisations import Organisation
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.vocabulary import OrganisationKind

_STATE = ("details", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class KeptOrganisation:
    """An organisation as it is kept; ``replayed`` when the same request had made it before."""

    organisation: Organisation
    replayed: bool = False


class OrganisationStore:
    """The organisations collection."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self.history = HistoryCollection(database["organisations"], clock)

    def ensure_indexes(self) -> None:
        """Make all indexes; safe to call at every start."""
        self.history.ensure_indexes()
        self.history.collection.create_index(
            [("details.kind", ASCENDING), ("_id", ASCENDING)], name="kind"
        )

    def add(
        self, organisation: Organisation, events: Sequence[Happened], by: Caller
    ) -> KeptOrganisation:
        """Keep a new organisation."""
        saved = self.history.create(organisation.id, _state(organisation), events, by)
        return KeptOrganisation(organisation_of(saved.document), saved.replayed)

    def get(self, id_: str) -> Organisation | None:
        """The organisation, or None."""
        document = self.history.get(id_)
        return organisation_of(document) if document else None

    def save(
        self, before: Organisation, after: Organisation, events: Sequence[Happened], by: Caller
    ) -> Organisation:
        """Keep what the organisation became. Raises LostRace."""
        known = {"_id": before.id, "version": before.version, "seq": before.seq}
        return organisation_of(self.history.save(known, _state(after), events, by))

    def unknown(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that name no organisation."""
        wanted = set(ids)
        if not wanted:
            return set()
        found = self.history.collection.find({"_id": {"$in": sorted(wanted)}}, {"_id": 1})
        return wanted - {document["_id"] for document in found}

    def page(
        self, kind: OrganisationKind | None, limit: int, after: str | None
    ) -> tuple[list[Organisation], str | None]:
        """At most ``limit`` organisations behind the id, and where to go on while more follow."""
        filter_: Document = {"details.kind": kind.value} if kind else {}
        if after:
            filter_["_id"] = {"$gt": after}
        found = self.history.collection.find(filter_, {"history": 0}).sort("_id", ASCENDING)
        items = [organisation_of(document) for document in found.limit(limit + 1)]
        return items[:limit], items[limit - 1].id if len(items) > limit else None


def _state(organisation: Organisation) -> Document:
    plain = to_plain(organisation)
    return {name: plain[name] for name in _STATE}


def organisation_of(document: Mapping[str, Any]) -> Organisation:
    """The organisation that the document holds."""
    plain = {name: document[name] for name in (*_STATE, "version", "seq")}
    return from_plain(Organisation, {"id": document["_id"], **plain})
