"""What time brings about, and what facilities that close do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.referrals.domain.making import (
    FIRST,
    NOW,
    RECEIVER,
    RESPOND_BY,
    SECOND,
    destination,
    referral,
    roads,
)

from ihala_referrals.domain import sending, timers
from ihala_referrals.domain.acting import Deed, Particulars, act
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.respond_by import parse_respond_by
from ihala_referrals.domain.table import Action
from ihala_referrals.domain.words import OfferStatus, Priority

HOUR = timedelta(hours=1)


def sent(**changes: object) -> Referral:
    return sending.send(referral(**changes), destination(FIRST), NOW, RESPOND_BY).referral


def done(before: Referral, action: Action, particulars: Particulars | None = None) -> Referral:
    deed = Deed(action, 1, RECEIVER, NOW, particulars or Particulars())
    return act(before, deed, roads()).referral


@pytest.mark.parametrize(
    ("priority", "hours"),
    [(Priority.EMERGENCY, 1), (Priority.URGENT, 24), (Priority.ROUTINE, 72)],
)
def test_a_facility_has_so_long_to_answer(priority: Priority, hours: int) -> None:
    assert sent(priority=priority).offers[0].respond_by == NOW + hours * HOUR


def test_at_half_time_there_is_one_reminder() -> None:
    half = timers.tick(sent(), NOW + 12 * HOUR, roads())
    again = timers.tick(half.referral, NOW + 13 * HOUR, roads())

    assert [event.type for event in half.events] == ["referral.respond_by_half"]
    assert again.events == ()
    assert timers.due_at(half.referral) == NOW + 24 * HOUR


def test_an_offer_that_nobody_answered_expires_and_moves_on() -> None:
    expired = timers.tick(sent(auto_forward=True), NOW + 24 * HOUR, roads())

    assert [event.type for event in expired.events] == ["referral.expired", "referral.sent"]
    assert expired.referral.offers[1].to_facility_id == SECOND


def test_an_accepted_offer_does_not_expire() -> None:
    accepted = done(sent(), Action.ACCEPT)

    assert timers.due_at(accepted) is None
    assert timers.tick(accepted, NOW + 1000 * HOUR, roads()).events == ()


def test_a_waiting_person_is_asked_about_when_the_wait_should_be_over() -> None:
    waiting = done(
        done(sent(), Action.ACKNOWLEDGE), Action.WAITLIST, Particulars(expected_wait_days=9)
    )

    assert timers.due_at(waiting) == NOW + timedelta(days=9) + 24 * HOUR


def test_a_completed_referral_closes_by_itself_after_14_days() -> None:
    completed = done(done(sent(), Action.ACCEPT), Action.COMPLETE)

    closed = timers.tick(completed, NOW + timedelta(days=14), roads())

    assert closed.events[0].type == "referral.closed"
    assert (closed.events[0].data or {})["by"] == "system"
    assert timers.due_at(closed.referral) is None


def test_when_a_facility_closes_its_unanswered_offer_moves_on() -> None:
    rescued = timers.rescue(sent(auto_forward=True), FIRST, NOW, roads(SECOND))

    assert rescued.referral.offers[0].status is OfferStatus.EXPIRED
    assert rescued.referral.offers[0].ended_reason == "facility_not_functioning"
    assert rescued.referral.offers[1].to_facility_id == SECOND


def test_when_a_facility_that_accepted_closes_the_sender_is_told() -> None:
    accepted = done(sent(), Action.ACCEPT)

    rescued = timers.rescue(accepted, FIRST, NOW, roads())

    assert [event.type for event in rescued.events] == ["referral.choice_needed"]
    assert rescued.referral == accepted


def test_forwarding_never_goes_to_a_facility_that_is_not_operational() -> None:
    shut = {SECOND: destination(SECOND, operational=False)}

    expired = timers.tick(sent(auto_forward=True), NOW + 24 * HOUR, sending.Roads(shut, RESPOND_BY))

    assert expired.events[-1].type == "referral.choice_needed"


def test_periods_are_configured_by_priority_and_by_service() -> None:
    periods = parse_respond_by("urgent=12h, dialysis.emergency=30m")

    assert periods.period("dialysis", Priority.EMERGENCY) == timedelta(minutes=30)
    assert periods.period("dialysis", Priority.URGENT) == timedelta(hours=12)
    assert periods.period("surgery", Priority.EMERGENCY) == timedelta(hours=1)


@pytest.mark.parametrize("wrong", ["soon=1h", "urgent=1", "urgent=0h", "urgent", "x.y.z", "=1h"])
def test_a_period_that_makes_no_sense_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_respond_by(wrong)
