"""Staged disclosure: what of a person each side may see. The server decides, never the screen.

The sender sees all that it wrote. A receiver sees a coded preview until it has accepted, and then
exactly the fields that the consent lists for it. A supervisor never sees any.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ihala.caller import Caller
from ihala_referrals.domain.consent import DISCLOSABLE
from ihala_referrals.domain.referral import Note, NoteKind, Referral
from ihala_referrals.domain.visibility import STAFF, sides, sides_of_offer, visible_offers
from ihala_referrals.domain.words import TAKEN, Side

_ALL = frozenset(DISCLOSABLE)
_NOBODY: frozenset[str] = frozenset()


def disclosed_fields(referral: Referral, caller: Caller, now: datetime) -> frozenset[str]:
    """The fields of the person, and of the reason for the referral, that the caller may see now."""
    if Side.SENDER in sides(referral, caller):
        return _ALL
    if not caller.has(*STAFF[referral.kind]):
        return _NOBODY
    taken = (
        offer
        for offer in referral.offers
        if offer.status in TAKEN and caller.works_at(offer.to_facility_id)
    )
    fields = (
        referral.consent.fields_for(offer.to_facility_id, offer.to_organisation_id, now)
        for offer in taken
    )
    return _NOBODY.union(*fields)


def only(fields: frozenset[str], private: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was decrypted, only these fields."""
    return {name: value for name, value in private.items() if name in fields}


def readable_notes(referral: Referral, caller: Caller) -> list[Note]:
    """The notes that the caller may read: a receiver those of its own offers, a supervisor none."""
    mine = sides(referral, caller)
    if Side.SENDER in mine:
        return list(referral.notes)
    if Side.RECEIVER not in mine:
        return []
    numbers = {
        offer.number
        for offer in visible_offers(referral, caller)
        if Side.RECEIVER in sides_of_offer(referral, offer, caller)
    }
    return [
        note
        for note in referral.notes
        if note.offer in numbers and note.kind is not NoteKind.ENDING
    ]
