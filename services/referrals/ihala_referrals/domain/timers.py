"""What time alone brings about: the reminder at half time, expiry, and closing after 14 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ihala_referrals.domain.acting import Actor, Deed, Particulars, act
from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.ending import close
from ihala_referrals.domain.facts import happened
from ihala_referrals.domain.referral import Offer, Referral
from ihala_referrals.domain.respond_by import CLOSES_AFTER
from ihala_referrals.domain.sending import Roads
from ihala_referrals.domain.table import Action
from ihala_referrals.domain.words import UNANSWERED, ReferralStatus, Side

TIMER = Actor("system:timer", frozenset({Side.SYSTEM}))
NO_ANSWER = "no_answer"
FACILITY_GONE = "facility_not_functioning"


def due_at(referral: Referral) -> datetime | None:
    """When the referral wants attention next, or None when nothing is due by itself."""
    offer = referral.open_offer
    if offer is not None and offer.status in UNANSWERED:
        return offer.respond_by if offer.reminded else half_time(offer)
    if referral.status is ReferralStatus.FULFILLED and referral.closed_at is None:
        return referral.completed_at and referral.completed_at + CLOSES_AFTER
    return None


def half_time(offer: Offer) -> datetime:
    """When half of the time to answer is over."""
    return offer.sent_at + (offer.respond_by - offer.sent_at) / 2


def tick(referral: Referral, now: datetime, roads: Roads) -> Decided:
    """What is due at this moment; no events when nothing is (somebody was faster)."""
    due = due_at(referral)
    if due is None or due > now:
        return decided(referral)
    offer = referral.open_offer
    if offer is None:
        return close(referral, TIMER, now)
    if now >= offer.respond_by:
        return _expire(referral, offer, NO_ANSWER, now, roads)
    reminded = replace(offer, reminded=True)
    after = referral.with_offer(reminded)
    return decided(after, [happened("referral.respond_by_half", after, reminded)])


def rescue(referral: Referral, facility_id: str, now: datetime, roads: Roads) -> Decided:
    """The facility can no longer help: an unanswered offer ends at once and the referral moves on.

    Where the facility had taken the person already, only people can know what is true there: the
    offer stays as it is, and the sender is told to choose.
    """
    offer = referral.open_offer
    if offer is None or offer.to_facility_id != facility_id:
        return decided(referral)
    if offer.status in UNANSWERED:
        return _expire(referral, offer, FACILITY_GONE, now, roads)
    return decided(referral, [happened("referral.choice_needed", referral, offer)])


def _expire(referral: Referral, offer: Offer, reason: str, now: datetime, roads: Roads) -> Decided:
    deed = Deed(Action.EXPIRE, offer.number, TIMER, now, Particulars(reason=reason))
    return act(referral, deed, roads)
