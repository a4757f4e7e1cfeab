"""What callers get: a referral as they may see it, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from ihala.http import Answer, fields
from ihala_referrals.domain.consent import Consent
from ihala_referrals.domain.referral import Note, Offer
from ihala_referrals.domain.words import Kind, OfferStatus, Priority, ReferralStatus, Side
from ihala_referrals.usecases.viewing import View

_WORDS = ("reason", "clinical_summary")
_APART = ("case_code", *_WORDS)


class OfferAnswer(Answer):
    """The need as it was put to one facility."""

    number = fields.Integer(required=True)
    to_facility_id = fields.Id("fac", required=True)
    status = fields.Choice(OfferStatus, required=True)
    sent_at = fields.UtcDateTime(required=True)
    respond_by = fields.UtcDateTime(required=True)
    decided_at = fields.UtcDateTime(allow_none=True)
    expected_on = fields.Day(allow_none=True)
    expected_wait_days = fields.Integer(allow_none=True)
    scheduled_at = fields.UtcDateTime(allow_none=True)
    decline = ma.fields.Dict(allow_none=True)
    outcome = ma.fields.String(allow_none=True)
    ended_reason = ma.fields.String(allow_none=True)
    recorded_by_phone = fields.Flag()
    why = ma.fields.Dict(metadata={"description": "For what reasons the facility was chosen."})


class NoteAnswer(Answer):
    """Words that were written about an offer."""

    number = fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    offer = fields.Integer(required=True)
    at = fields.UtcDateTime(required=True)
    by = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class ReferralAnswer(Answer):
    """A referral as the caller may see it: what is not disclosed to them is not there."""

    id = fields.Id("ref", required=True)
    version = fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"example": "7K3Q9-2"})
    kind = fields.Choice(Kind, required=True)
    priority = fields.Choice(Priority, required=True)
    service_code = fields.Code(required=True)
    status = fields.Choice(ReferralStatus)
    as_ = ma.fields.List(
        fields.Choice(Side),
        data_key="as",
        required=True,
        metadata={"description": "In what parts the caller meets the referral."},
    )
    from_facility_id = fields.Id("fac", required=True)
    requested_by = ma.fields.String()
    reason_code = ma.fields.String(allow_none=True)
    requirements = ma.fields.List(ma.fields.String(), required=True)
    person = ma.fields.Dict(required=True, metadata={"description": "As far as it is disclosed."})
    reason = ma.fields.String()
    clinical_summary = ma.fields.String()
    consent = ma.fields.Dict()
    shortlist = ma.fields.List(ma.fields.String())
    auto_forward = fields.Flag()
    offers = ma.fields.List(ma.fields.Nested(OfferAnswer), required=True)
    notes = ma.fields.List(ma.fields.Nested(NoteAnswer))
    review = ma.fields.String()
    erased_at = fields.UtcDateTime()
    created_at = fields.UtcDateTime(required=True)
    completed_at = fields.UtcDateTime(allow_none=True)
    closed_at = fields.UtcDateTime(allow_none=True)
    ended_reason = ma.fields.String(allow_none=True)


def shown(view: View) -> dict[str, Any]:
    """The referral as JSON; a receiver is told nothing of other facilities' offers."""
    referral = view.referral
    answer: dict[str, Any] = {
        "id": referral.id,
        "version": view.version,
        "code": referral.code,
        "kind": referral.kind,
        "priority": referral.priority,
        "service_code": referral.service_code,
        "as": sorted(view.sides),
        "from_facility_id": referral.from_facility_id,
        "reason_code": referral.reason_code,
        "requirements": referral.requirements,
        "person": _person(view),
        "offers": [_offer(offer) for offer in view.offers],
        "notes": [_note(note, text) for note, text in view.notes],
        "created_at": referral.created_at,
    }
    answer |= {
        name: view.private[name] for name in ("reason", "clinical_summary") if name in view.private
    }
    if referral.erased_at is not None:
        answer["erased_at"] = referral.erased_at
    return {**answer, **_the_whole(view)}


def _the_whole(view: View) -> dict[str, Any]:
    """What only those may know who know the whole story; the status also who is part of it."""
    referral = view.referral
    whole: dict[str, Any] = {}
    if view.sees_all_offers or (view.offers and view.offers[-1] is referral.offers[-1]):
        whole["status"] = referral.status
    if not view.sees_all_offers:
        return whole
    whole |= {
        "requested_by": referral.requested_by,
        "consent": _consent(referral.consent),
        "shortlist": referral.shortlist,
        "auto_forward": referral.auto_forward,
        "completed_at": referral.completed_at,
        "closed_at": referral.closed_at,
        "ended_reason": referral.ended_reason,
    }
    if referral.consent.needs_review():
        whole["review"] = "consent_override"
    return whole


def _person(view: View) -> dict[str, Any]:
    person = {name: it for name, it in view.private.items() if name not in _APART}
    if view.private.get("case_code") is not None:
        person["case_code"] = view.private["case_code"]
    return {"age_band": view.referral.age_band, **person}


def _offer(offer: Offer) -> dict[str, Any]:
    decline = offer.decline
    return {
        "number": offer.number,
        "to_facility_id": offer.to_facility_id,
        "status": offer.status,
        "sent_at": offer.sent_at,
        "respond_by": offer.respond_by,
        "decided_at": offer.decided_at,
        "expected_on": offer.expected_on,
        "expected_wait_days": offer.expected_wait_days,
        "scheduled_at": offer.scheduled_at,
        "decline": decline
        and {
            "reason": decline.reason,
            "declined_by": decline.by,
            "suggested_facility_id": decline.suggested_facility_id,
        },
        "outcome": offer.outcome,
        "ended_reason": offer.ended_reason,
        "recorded_by_phone": offer.recorded_by_phone,
        "why": offer.why,
    }


def _note(note: Note, text: str) -> dict[str, Any]:
    return {
        "number": note.number,
        "kind": note.kind,
        "offer": note.offer,
        "at": note.at,
        "by": note.by,
        "text": text,
    }


def _consent(consent: Consent) -> Mapping[str, Any]:
    override = consent.override
    return {
        "status": consent.status,
        "given_by": consent.given_by,
        "at": consent.at,
        "scope": [
            {
                "fields": line.fields,
                **({"facility_id": line.facility_id} if line.facility_id else {}),
                **({"organisation_id": line.organisation_id} if line.organisation_id else {}),
            }
            for line in consent.scope
        ],
        "expires": consent.expires,
        "document": consent.document,
        "version": consent.version,
        "contact": consent.contact,
        "override": override and {"reason": override.reason, "by": override.by, "at": override.at},
    }
