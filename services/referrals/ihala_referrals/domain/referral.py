"""A referral and its offers: one person's need, and that need as it was put to each facility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ihala_referrals.domain.consent import Consent
from ihala_referrals.domain.words import (
    OPEN,
    DeclinedBy,
    DeclineReason,
    Kind,
    OfferStatus,
    Outcome,
    Priority,
    ReferralStatus,
)

Secret = bytes
"""What was encrypted with the person's own key: the domain carries it and never looks into it."""


class NoteKind(StrEnum):
    """What a note was written for."""

    QUESTION = "question"
    ANSWER = "answer"
    DECLINE = "decline"
    ACCEPTANCE = "acceptance"
    INTERIM = "interim"
    OUTCOME = "outcome"
    WITNESS = "witness"
    REMARK = "remark"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Note:
    """Words that somebody wrote about an offer (``offer`` is its number; 0: the whole referral)."""

    number: int
    kind: NoteKind
    offer: int
    at: datetime
    by: str
    text: Secret


@dataclass(frozen=True, slots=True)
class Decline:
    """A no, with its coded reason; ``by`` tells a facility's no from the person's."""

    reason: DeclineReason
    by: DeclinedBy
    suggested_facility_id: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The need put to one facility. ``why`` keeps the reasons for which it was chosen."""

    number: int
    to_facility_id: str
    to_organisation_id: str | None
    status: OfferStatus
    sent_at: datetime
    respond_by: datetime
    why: Mapping[str, Any] = field(default_factory=dict)
    reminded: bool = False
    decided_at: datetime | None = None
    expected_on: str | None = None
    expected_wait_days: int | None = None
    scheduled_at: datetime | None = None
    decline: Decline | None = None
    outcome: Outcome | None = None
    ended_reason: str | None = None
    recorded_by_phone: bool = False

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen with it."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Referral:
    """The need and all that was done about it.

    ``private`` and the notes' texts are encrypted with the key that ``person_key`` names;
    ``recognised_by`` are keyed hashes, by which the same person is found again.
    """

    id: str
    code: str
    kind: Kind
    priority: Priority
    service_code: str
    status: ReferralStatus
    from_facility_id: str
    requested_by: str
    person_id: str
    person_key: bytes
    case_code: str | None
    consent: Consent
    created_at: datetime
    private: Secret | None = None
    age_band: str | None = None
    reason_code: str | None = None
    requirements: tuple[str, ...] = ()
    shortlist: tuple[str, ...] = ()
    auto_forward: bool = False
    offers: tuple[Offer, ...] = ()
    notes: tuple[Note, ...] = ()
    recognised_by: tuple[bytes, ...] = ()
    contact_granted: bool = False
    erased_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    ended_reason: str | None = None

    @property
    def open_offer(self) -> Offer | None:
        """The one offer that can still move; there is never more than one."""
        return self.offers[-1] if self.offers and self.offers[-1].is_open else None

    def offer(self, number: int) -> Offer | None:
        """The offer of this number."""
        return self.offers[number - 1] if 0 < number <= len(self.offers) else None

    def with_offer(self, offer: Offer) -> Referral:
        """The referral with this offer in its place, or behind the others when it is new."""
        at = offer.number - 1
        return replace(self, offers=(*self.offers[:at], offer, *self.offers[at + 1 :]))

    def with_note(
        self, kind: NoteKind, offer: int, at: datetime, by: str, text: Secret
    ) -> Referral:
        """The referral with one more note."""
        note = Note(len(self.notes) + 1, kind, offer, at, by, text)
        return replace(self, notes=(*self.notes, note))
