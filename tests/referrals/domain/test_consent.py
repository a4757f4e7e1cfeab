"""Consent and disclosure: nothing without it, and exactly what it lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.referrals.domain.making import (
    CONSENT,
    FIELDS,
    FIRST,
    HERE,
    NOW,
    RECEIVER,
    RESPOND_BY,
    SECOND,
    SENDER,
    caller,
    destination,
    referral,
    roads,
)

from ihala.caller import Role
from ihala.errors import Invalid
from ihala_referrals.domain import ending, sending
from ihala_referrals.domain.acting import Deed, Particulars, act
from ihala_referrals.domain.consent import (
    DISCLOSABLE,
    Consent,
    ConsentStatus,
    Override,
    OverrideReason,
    Scope,
)
from ihala_referrals.domain.disclosure import disclosed_fields
from ihala_referrals.domain.drafting import check_consent
from ihala_referrals.domain.errors import ConsentMissing
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.table import Action
from ihala_referrals.domain.visibility import sides
from ihala_referrals.domain.words import Kind, Priority

OVERRIDE = Override(OverrideReason.UNCONSCIOUS, "somebody", NOW)


def sent(draft: Referral | None = None) -> Referral:
    return sending.send(draft or referral(), destination(FIRST), NOW, RESPOND_BY).referral


def done(before: Referral, action: Action) -> Referral:
    deed = Deed(action, len(before.offers), RECEIVER, NOW, Particulars())
    return act(before, deed, roads()).referral


@pytest.mark.parametrize(
    "consent",
    [
        replace(CONSENT, status=ConsentStatus.REFUSED),
        replace(CONSENT, status=ConsentStatus.WITHDRAWN),
        Consent(ConsentStatus.NOT_ASKED, None, NOW),
        replace(CONSENT, expires=NOW),
        replace(CONSENT, scope=(Scope(FIELDS, facility_id=SECOND),)),
    ],
    ids=["refused", "withdrawn", "not asked", "expired", "for somebody else"],
)
def test_no_offer_leaves_without_consent(consent: Consent) -> None:
    with pytest.raises(ConsentMissing):
        sent(referral(consent=consent))


def test_forwarding_skips_a_facility_that_the_consent_does_not_name() -> None:
    third_only = replace(CONSENT, scope=(CONSENT.scope[0], CONSENT.scope[2]))
    first = sent(referral(consent=third_only, auto_forward=True))

    declined = done(first, Action.DECLINE)

    assert declined.offers[-1].to_facility_id == "fac_third"


def test_forwarding_stops_when_the_consent_has_expired() -> None:
    first = sent(referral(auto_forward=True))
    over = replace(first, consent=replace(CONSENT, expires=NOW))
    deed = Deed(Action.DECLINE, 1, RECEIVER, NOW)

    declined = act(over, deed, roads())

    assert declined.events[-1].type == "referral.choice_needed"


def test_an_emergency_may_override_consent_and_is_then_to_be_reviewed() -> None:
    overridden = replace(CONSENT, status=ConsentStatus.REFUSED, override=OVERRIDE)

    emergency = sent(referral(consent=overridden, priority=Priority.EMERGENCY))

    assert emergency.consent.needs_review()


def test_only_an_emergency_may_override_consent() -> None:
    overridden = replace(CONSENT, status=ConsentStatus.REFUSED, override=OVERRIDE)

    with pytest.raises(Invalid):
        check_consent(overridden, Priority.URGENT, {}, NOW)


def test_consent_cannot_come_from_the_future_or_end_before_it_begins() -> None:
    for wrong in (
        replace(CONSENT, at=NOW + timedelta(hours=1)),
        replace(CONSENT, expires=NOW - timedelta(hours=1)),
    ):
        with pytest.raises(Invalid):
            check_consent(wrong, Priority.URGENT, {}, NOW)


def test_a_receiver_sees_nothing_of_the_person_before_it_has_accepted() -> None:
    receiver = caller(Role.CLINIC, at=FIRST)

    assert disclosed_fields(sent(), receiver, NOW) == frozenset()
    assert disclosed_fields(done(sent(), Action.ACKNOWLEDGE), receiver, NOW) == frozenset()


def test_a_receiver_that_accepted_sees_exactly_what_the_consent_lists() -> None:
    accepted = done(sent(), Action.ACCEPT)

    assert disclosed_fields(accepted, caller(Role.CLINIC, at=FIRST), NOW) == set(FIELDS)


def test_an_organisation_can_be_named_instead_of_a_facility() -> None:
    by_organisation = replace(CONSENT, scope=(Scope(("name",), organisation_id="org_1"),))
    to = sending.Destination(FIRST, "org_1", operational=True)

    accepted = done(
        sending.send(referral(consent=by_organisation), to, NOW, RESPOND_BY).referral,
        Action.ACCEPT,
    )

    assert disclosed_fields(accepted, caller(Role.CLINIC, at=FIRST), NOW) == {"name"}


@pytest.mark.parametrize("after", ["withdrawn", "expired", "declined"])
def test_disclosure_stops_with_the_reason_for_it(after: str) -> None:
    accepted = done(sent(), Action.ACCEPT)
    now = NOW
    if after == "withdrawn":
        accepted = ending.withdraw_consent(accepted, SENDER, NOW).referral
    elif after == "expired":
        accepted = replace(accepted, consent=replace(CONSENT, expires=NOW + timedelta(days=1)))
        now = NOW + timedelta(days=2)
    else:
        accepted = done(accepted, Action.DECLINE)

    assert disclosed_fields(accepted, caller(Role.CLINIC, at=FIRST), now) == frozenset()


def test_the_sender_sees_all_and_a_coordinator_nothing() -> None:
    accepted = done(sent(), Action.ACCEPT)

    assert disclosed_fields(accepted, caller(Role.CLINIC, at=HERE), NOW) == set(DISCLOSABLE)
    assert disclosed_fields(accepted, caller(Role.COORDINATOR), NOW) == frozenset()


@pytest.mark.parametrize("role", list(Role))
def test_a_protection_referral_is_for_protection_staff_only(role: Role) -> None:
    """By every role, at every facility that has a part in it."""
    protection = sent(referral(kind=Kind.PROTECTION))

    for place in (HERE, FIRST, None):
        may_know = role is Role.PROTECTION and place is not None
        assert bool(sides(protection, caller(role, at=place))) == may_know


@pytest.mark.parametrize("role", list(Role))
def test_a_medical_referral_is_for_clinics_machines_and_coordinators(role: Role) -> None:
    medical = sent()

    for place in (HERE, FIRST, SECOND, None):
        at_work = role in (Role.CLINIC, Role.MACHINE) and place in (HERE, FIRST)
        assert bool(sides(medical, caller(role, at=place))) == (at_work or role is Role.COORDINATOR)
