"""Referrals, destinations and callers that domain tests begin with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ihala.caller import Caller, Role
from ihala_referrals.domain.acting import Actor
from ihala_referrals.domain.consent import Consent, ConsentStatus, GivenBy, Scope
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.respond_by import RespondBy
from ihala_referrals.domain.sending import Destination, Roads
from ihala_referrals.domain.words import Kind, Priority, ReferralStatus, Side

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HERE, FIRST, SECOND, THIRD = "fac_here", "fac_first", "fac_second", "fac_third"
FIELDS = ("name", "phone", "reason")
SENDER = Actor("sender", frozenset({Side.SENDER}))
RECEIVER = Actor("receiver", frozenset({Side.RECEIVER}))
RESPOND_BY = RespondBy()

CONSENT = Consent(
    status=ConsentStatus.GIVEN,
    given_by=GivenBy.INDIVIDUAL,
    at=NOW,
    scope=tuple(Scope(FIELDS, facility_id=id_) for id_ in (FIRST, SECOND, THIRD)),
)


def referral(**changes: Any) -> Referral:
    """A draft with three facilities on its shortlist."""
    draft = Referral(
        id="ref_1",
        code="7K3Q9-2",
        kind=Kind.MEDICAL,
        priority=Priority.URGENT,
        service_code="dialysis",
        status=ReferralStatus.DRAFT,
        from_facility_id=HERE,
        requested_by="sender",
        person_id="per_1",
        person_key=b"0" * 16,
        case_code="HD-1",
        consent=CONSENT,
        created_at=NOW,
        shortlist=(FIRST, SECOND, THIRD),
    )
    return replace(draft, **changes)


def destination(facility_id: str, *, operational: bool = True) -> Destination:
    return Destination(facility_id, None, operational)


def roads(*facility_ids: str) -> Roads:
    """Roads to these facilities (to all three, when none is named)."""
    ids = facility_ids or (FIRST, SECOND, THIRD)
    return Roads({id_: destination(id_) for id_ in ids}, RESPOND_BY)


def caller(*roles: Role, at: str | None = None) -> Caller:
    return Caller("somebody", facilities=frozenset({at} if at else ()), roles=frozenset(roles))
