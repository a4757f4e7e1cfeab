"""How consenting persons may be reached: kept sealed, as it came, and opened only to send."""

from __future__ import annotations

from collections.abc import Iterator

from ihala.events.event import Event
from ihala.events.projection import Projection
from ihala.mongo import Database, Document

TOPIC = "referrals.contacts"


def contact_document(event: Event) -> Document | None:
    """The sealed contact of a person; a tombstone takes it away and leaves only its number."""
    jwe = (event.data or {}).get("jwe")
    return {"_id": event.key, "seq": event.seq or 0, "jwe": jwe}


class ContactStore:
    """Sealed contacts by person id."""

    def __init__(self, database: Database[Document]) -> None:
        self.projection = Projection(database, "contacts", contact_document)

    def any_sealed(self) -> str | None:
        """One sealed contact, whoever's, or None when there is none."""
        found = self.projection.collection.find_one({"jwe": {"$type": "string"}})
        return found["jwe"] if found else None

    def sealed(self, person_id: str) -> tuple[bool, str | None]:
        """Whether we ever heard of this person, and the sealed contact when there is one."""
        found = self.projection.collection.find_one({"_id": person_id})
        return found is not None, found["jwe"] if found else None

    def all(self) -> Iterator[tuple[str, str]]:
        """The id and the sealed contact of every person who may be reached."""
        found = self.projection.collection.find({"jwe": {"$type": "string"}}, {"jwe": 1})
        return ((document["_id"], document["jwe"]) for document in found)

    def reseal(self, person_id: str, before: str, after: str) -> bool:
        """Keep a contact sealed otherwise; False when another came, or it was withdrawn."""
        known = {"_id": person_id, "jwe": before}
        changed = self.projection.collection.update_one(known, {"$set": {"jwe": after}})
        return changed.modified_count == 1
