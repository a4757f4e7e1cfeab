"""What notifications know of referrals: enough to ask "is it still true?", and no more."""

from __future__ import annotations

from ihala.events.event import Event
from ihala.events.projection import Projection
from ihala.mongo import Database, Document
from ihala_notifications.domain.facts import Facts

TOPIC = "referrals.events"

_SAY_NOTHING_OF_OFFERS = frozenset(
    {"referral.revised", "referral.consent_withdrawn", "referral.person_erased"}
)
"""What follows from these for an offer comes as an event of the offer itself."""


def facts_document(event: Event) -> Document | None:
    """The last event's word on a referral; an event without its place in order changes nothing."""
    if event.data is None or event.seq is None or event.type in _SAY_NOTHING_OF_OFFERS:
        return None
    offer = event.data.get("offer") or {}
    return {
        "_id": event.data["referral_id"],
        "seq": event.seq,
        "status": event.data["status"],
        "offer_number": offer.get("number"),
        "offer_status": offer.get("status"),
        "scheduled_at": offer.get("scheduled_at"),
    }


class FactStore:
    """Facts by referral id."""

    def __init__(self, database: Database[Document]) -> None:
        self.projection = Projection(database, "referral_facts", facts_document)

    def of(self, referral_id: str) -> Facts | None:
        """What is known of the referral, or None."""
        found = self.projection.collection.find_one({"_id": referral_id})
        if found is None:
            return None
        return Facts(
            found["seq"],
            found["status"],
            found["offer_number"],
            found["offer_status"],
            found["scheduled_at"],
        )
