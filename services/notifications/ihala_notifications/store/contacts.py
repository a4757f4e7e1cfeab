"""How consenting persons may be reached: kept sealed, as it came, and opened only to send."""

from __future__ import annotations

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

    def sealed(self, person_id: str) -> tuple[bool, str | None]:
        """Whether we ever heard of this person, and the sealed contact when there is one."""
        found = self.projection.collection.find_one({"_id": person_id})
        return found is not None, found["jwe"] if found else None
