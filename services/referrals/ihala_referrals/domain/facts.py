"""What events say of a referral: codes and facts, never a name or a word of clinical text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ihala.clock import rfc3339
from ihala.events.event import Happened
from ihala_referrals.domain.referral import Offer, Referral


def happened(
    type_: str, referral: Referral, offer: Offer | None, more: Mapping[str, Any] | None = None
) -> Happened:
    """The event of this type with the facts that every event carries, and ``more`` of its own."""
    return Happened(type_, {**facts(referral, offer), **(more or {})})


def facts(referral: Referral, offer: Offer | None) -> dict[str, Any]:
    """Enough to tell whoever must know, and no more."""
    return {
        "referral_id": referral.id,
        "code": referral.code,
        "kind": str(referral.kind),
        "priority": str(referral.priority),
        "service_code": referral.service_code,
        "from_facility_id": referral.from_facility_id,
        "requested_by": referral.requested_by,
        "status": str(referral.status),
        "offer": offer and _of_offer(offer),
        "contact_id": referral.person_id if referral.contact_granted else None,
    }


def _of_offer(offer: Offer) -> dict[str, Any]:
    return {
        "number": offer.number,
        "to_facility_id": offer.to_facility_id,
        "status": str(offer.status),
        "respond_by": rfc3339(offer.respond_by),
        "expected_on": offer.expected_on,
        "scheduled_at": _moment(offer.scheduled_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
