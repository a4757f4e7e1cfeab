"""What notifications know of facilities: a projection of the registry's snapshots."""

from __future__ import annotations

from collections.abc import Iterable

from ihala.events.event import Event
from ihala.events.projection import Projection
from ihala.mongo import Database, Document
from ihala_notifications.domain.desk import DEFAULT_TIME_ZONE, Desk, DeskContact

TOPIC = "registry.facilities"


def desk_document(event: Event) -> Document | None:
    """What is kept of a facility: how its desk is reached, in which language and time zone.

    A tombstone leaves a desk without contacts, under the number that guards it.
    """
    if event.data is None:
        return {"_id": event.key, "seq": event.seq or 0, "name": {}, "contacts": []}
    facility = event.data["facility"]
    contacts = facility.get("contacts") or []
    return {
        "_id": facility["id"],
        "seq": event.data["snapshot_version"],
        "name": facility["name"],
        "languages": facility.get("languages") or [],
        "time_zone": facility.get("time_zone") or DEFAULT_TIME_ZONE,
        "country": (facility.get("admin") or {}).get("country"),
        "organisation_id": facility.get("managing_organisation_id"),
        "contacts": [
            {"channel": c["channel"], "value": c["value"], "language": c.get("language")}
            for c in contacts
            if c["purpose"] == "referrals"
        ],
    }


class DeskStore:
    """Desks by facility id."""

    def __init__(self, database: Database[Document]) -> None:
        self.projection = Projection(database, "desks", desk_document)

    def named(self, facility_ids: Iterable[str]) -> dict[str, Desk]:
        """The desks of these facilities, as far as they are known."""
        wanted = sorted(set(facility_ids))
        if not wanted:
            return {}
        found = self.projection.collection.find({"_id": {"$in": wanted}})
        return {document["_id"]: _desk(document) for document in found}


def _desk(document: Document) -> Desk:
    return Desk(
        facility_id=document["_id"],
        name={k: v for k, v in document["name"].items() if v},
        languages=tuple(document.get("languages", ())),
        time_zone=document.get("time_zone", DEFAULT_TIME_ZONE),
        country=document.get("country"),
        organisation_id=document.get("organisation_id"),
        contacts=tuple(DeskContact(**contact) for contact in document["contacts"]),
    )
