"""Import profiles by name; the built-in ones are in the code."""

from __future__ import annotations

from dataclasses import replace

from ihala.errors import LostRace
from ihala.mongo import ASCENDING, Database, Document, DuplicateKeyError
from ihala_registry.domain.import_profile import BUILT_IN, KeptProfile
from ihala_registry.domain.plain import from_plain, to_plain


class ImportProfileStore:
    """The import_profiles collection, with the built-in profiles before it."""

    def __init__(self, database: Database[Document]) -> None:
        self._profiles = database["import_profiles"]

    def get(self, name: str) -> KeptProfile | None:
        """The profile, or None."""
        if name in BUILT_IN:
            return BUILT_IN[name]
        document = self._profiles.find_one({"_id": name})
        return _kept(document) if document else None

    def all(self) -> list[KeptProfile]:
        """All profiles, the built-in ones first; at most 1,000."""
        found = self._profiles.find().sort("_id", ASCENDING).limit(1000)
        return [*BUILT_IN.values(), *(_kept(document) for document in found)]

    def put(self, profile: KeptProfile, before: KeptProfile | None) -> KeptProfile:
        """Keep the profile in place of ``before``. Raises LostRace when something else is kept."""
        after = replace(profile, version=(before.version if before else 0) + 1)
        document = {"profile": to_plain(after.profile), "version": after.version}
        if before is None:
            self._insert({"_id": after.name, **document})
        else:
            known = {"_id": before.name, "version": before.version}
            if not self._profiles.update_one(known, {"$set": document}).matched_count:
                raise LostRace(f"{before.name} was changed meanwhile; read it again and retry")
        return after

    def _insert(self, document: Document) -> None:
        try:
            self._profiles.insert_one(document)
        except DuplicateKeyError as error:
            raise LostRace(f"{document['_id']} was made meanwhile; read it and retry") from error


def _kept(document: Document) -> KeptProfile:
    return from_plain(KeptProfile, {**document, "name": document["_id"]})
