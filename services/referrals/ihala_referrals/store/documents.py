"""A referral as a MongoDB document, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bson.binary import Binary

from ihala.mongo import Document
from ihala_referrals.domain.consent import (
    Consent,
    ConsentStatus,
    GivenBy,
    Override,
    OverrideReason,
    Scope,
)
from ihala_referrals.domain.referral import Decline, Note, NoteKind, Offer, Referral
from ihala_referrals.domain.timers import due_at
from ihala_referrals.domain.words import (
    DeclinedBy,
    DeclineReason,
    Kind,
    OfferStatus,
    Outcome,
    Priority,
    ReferralStatus,
)

ENCRYPTED, UUID = 6, 4
_PLAIN = (
    "code",
    "service_code",
    "from_facility_id",
    "requested_by",
    "person_id",
    "case_code",
    "created_at",
    "age_band",
    "reason_code",
    "auto_forward",
    "contact_granted",
    "erased_at",
    "completed_at",
    "closed_at",
    "ended_reason",
)
"""What reads the same in the document as in the domain."""


def to_document(referral: Referral) -> Document:
    """Everything but what HistoryCollection keeps itself; ``due_at`` is there while it is due."""
    document: Document = {name: getattr(referral, name) for name in _PLAIN}
    document |= {
        "kind": str(referral.kind),
        "priority": str(referral.priority),
        "status": str(referral.status),
        "person_key": Binary(referral.person_key, UUID),
        "private": _sealed(referral.private),
        "requirements": list(referral.requirements),
        "shortlist": list(referral.shortlist),
        "recognised_by": list(referral.recognised_by),
        "consent": _consent_document(referral.consent),
        "offers": [_offer_document(offer) for offer in referral.offers],
        "notes": [_note_document(note) for note in referral.notes],
    }
    if referral.consent.needs_review():
        document["review"] = "consent_override"
    due = due_at(referral)
    if due is not None:
        document["due_at"] = due
    return document


def _sealed(secret: bytes | None) -> Binary | None:
    return None if secret is None else Binary(secret, ENCRYPTED)


def _consent_document(consent: Consent) -> Document:
    override = consent.override
    return {
        "status": str(consent.status),
        "given_by": consent.given_by and str(consent.given_by),
        "at": consent.at,
        "scope": [
            {
                "fields": list(line.fields),
                "facility_id": line.facility_id,
                "organisation_id": line.organisation_id,
            }
            for line in consent.scope
        ],
        "expires": consent.expires,
        "document": consent.document,
        "version": consent.version,
        "contact": consent.contact,
        "override": override
        and {"reason": str(override.reason), "by": override.by, "at": override.at},
    }


def _offer_document(offer: Offer) -> Document:
    document = {name: getattr(offer, name) for name in _OFFER_FIELDS}
    document["status"] = str(offer.status)
    document["why"] = dict(offer.why)
    document["outcome"] = offer.outcome and str(offer.outcome)
    decline = offer.decline
    document["decline"] = decline and {
        "reason": str(decline.reason),
        "by": str(decline.by),
        "suggested_facility_id": decline.suggested_facility_id,
    }
    return document


_OFFER_FIELDS = tuple(field.name for field in dataclasses.fields(Offer))


def _note_document(note: Note) -> Document:
    return {
        "number": note.number,
        "kind": str(note.kind),
        "offer": note.offer,
        "at": note.at,
        "by": note.by,
        "text": Binary(note.text, ENCRYPTED),
    }


def to_referral(document: Mapping[str, Any]) -> Referral:
    """The referral that a document holds."""
    return Referral(
        **{name: document[name] for name in _PLAIN},
        id=document["_id"],
        kind=Kind(document["kind"]),
        priority=Priority(document["priority"]),
        status=ReferralStatus(document["status"]),
        person_key=bytes(document["person_key"]),
        private=_secret(document["private"]),
        requirements=tuple(document["requirements"]),
        shortlist=tuple(document["shortlist"]),
        recognised_by=tuple(map(bytes, document["recognised_by"])),
        consent=_to_consent(document["consent"]),
        offers=tuple(_to_offer(offer) for offer in document["offers"]),
        notes=tuple(_to_note(note) for note in document["notes"]),
    )


def _secret(kept: bytes | None) -> bytes | None:
    return None if kept is None else bytes(kept)


def _to_consent(kept: Mapping[str, Any]) -> Consent:
    override = kept["override"]
    return Consent(
        status=ConsentStatus(kept["status"]),
        given_by=kept["given_by"] and GivenBy(kept["given_by"]),
        at=kept["at"],
        scope=tuple(
            Scope(tuple(line["fields"]), line["facility_id"], line["organisation_id"])
            for line in kept["scope"]
        ),
        expires=kept["expires"],
        document=kept["document"],
        version=kept["version"],
        contact=kept["contact"],
        override=override
        and Override(OverrideReason(override["reason"]), override["by"], override["at"]),
    )


def _to_offer(kept: Mapping[str, Any]) -> Offer:
    own = {name: kept[name] for name in _OFFER_FIELDS}
    decline = own["decline"]
    own["status"] = OfferStatus(own["status"])
    own["outcome"] = own["outcome"] and Outcome(own["outcome"])
    own["decline"] = decline and Decline(
        DeclineReason(decline["reason"]),
        DeclinedBy(decline["by"]),
        decline["suggested_facility_id"],
    )
    return Offer(**own)


def _to_note(kept: Mapping[str, Any]) -> Note:
    return Note(
        number=kept["number"],
        kind=NoteKind(kept["kind"]),
        offer=kept["offer"],
        at=kept["at"],
        by=kept["by"],
        text=bytes(kept["text"]),
    )


def changes(before: Mapping[str, Any], after: Document) -> tuple[Document, list[str]]:
    """Which fields to set, and which to drop, to get from one document to the other."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    gone = [name for name in ("due_at", "review") if name in before and name not in after]
    return changed, gone
