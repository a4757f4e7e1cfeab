"""Contact: when the person may be written to or called, and when that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ihala.events.event import Happened
from ihala_referrals.domain.referral import Referral

GRANTED = "contact.granted"
WITHDRAWN = "contact.withdrawn"


def settled(referral: Referral, now: datetime) -> tuple[Referral, list[Happened]]:
    """The referral with contact as its consent has it, and the event where that changed.

    Nobody is told of a person before the first offer has left.
    """
    allowed = bool(referral.offers) and referral.consent.allows_contact(now)
    if allowed == referral.contact_granted:
        return referral, []
    changed = replace(referral, contact_granted=allowed)
    return changed, told_of_contact(referral, changed)


def told_of_contact(before: Referral, after: Referral) -> list[Happened]:
    """The event that says so, where contact was granted or withdrawn between the two."""
    if before.contact_granted == after.contact_granted:
        return []
    if after.contact_granted:
        return [Happened(GRANTED, {"person_id": after.person_id})]
    return [Happened(WITHDRAWN, None)]


def is_reachable(private: Mapping[str, Any]) -> bool:
    """Whether there is an address to contact the person at."""
    safe = private.get("safe_contact") or {}
    return bool(safe.get("value") or private.get("phone"))
