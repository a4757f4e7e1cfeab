"""How a referral ends: closed by its sender, given up as unmet, or void: the need is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ihala_referrals.domain.acting import Actor
from ihala_referrals.domain.consent import ConsentStatus
from ihala_referrals.domain.contact import settled
from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.errors import NotPossibleNow, NotYours
from ihala_referrals.domain.facts import happened
from ihala_referrals.domain.referral import NoteKind, Offer, Referral, Secret
from ihala_referrals.domain.table import MOVES, Action
from ihala_referrals.domain.words import (
    ReferralStatus,
    Side,
    UnmetReason,
    VoidReason,
)

ALIVE = frozenset({ReferralStatus.DRAFT, ReferralStatus.ACTIVE})


def close(referral: Referral, by: Actor, now: datetime) -> Decided:
    """The sender has read the counter-referral (or 14 days went by): the loop is closed."""
    if not by.sides & {Side.SENDER, Side.SYSTEM}:
        raise NotYours("Only the sender of a referral may close it.")
    if referral.status is not ReferralStatus.FULFILLED or referral.closed_at is not None:
        raise NotPossibleNow("Only a completed referral that is not closed yet can be closed.")
    closed = replace(referral, closed_at=now)
    who = "sender" if Side.SENDER in by.sides else "system"
    return decided(closed, [happened("referral.closed", closed, closed.offers[-1], {"by": who})])


def give_up(
    referral: Referral, by: Actor, reason: UnmetReason, note: Secret | None, now: datetime
) -> Decided:
    """Nobody could help: the need stays unmet, with the reason, and counts as such."""
    if Side.SENDER not in by.sides:
        raise NotYours("Only the sender of a referral may give up.")
    if referral.status is not ReferralStatus.ACTIVE or referral.open_offer is not None:
        raise NotPossibleNow("Only an active referral without an open offer can be given up.")
    unmet = replace(referral, status=ReferralStatus.UNMET, ended_reason=str(reason))
    unmet = _with_ending_note(unmet, by, note, now)
    return decided(unmet, [happened("referral.unmet", unmet, None, {"reason": str(reason)})])


def void(
    referral: Referral, by: Actor, reason: VoidReason, note: Secret | None, now: datetime
) -> Decided:
    """The need is gone: an open offer is withdrawn, the referral cancelled with the reason."""
    if not by.sides & MOVES[Action.VOID].by:
        raise NotYours("Only the sender or a supervisor may void a referral.")
    if referral.status not in ALIVE:
        raise NotPossibleNow(f"A referral that is {referral.status} cannot be voided.")
    cancelled = replace(referral, status=ReferralStatus.CANCELLED, ended_reason=str(reason))
    cancelled = _with_ending_note(cancelled, by, note, now)
    withdrawn = _withdrawn(referral.open_offer, reason)
    if withdrawn is not None:
        cancelled = cancelled.with_offer(withdrawn)
    event = happened("referral.cancelled", cancelled, withdrawn, {"reason": str(reason)})
    return decided(cancelled, [event])


def withdraw_consent(referral: Referral, by: Actor, now: datetime) -> Decided:
    """Disclosure stops at once, contact is forgotten, and what is open is cancelled."""
    if not by.sides & MOVES[Action.VOID].by:
        raise NotYours("Only the sender or a supervisor may record that consent was withdrawn.")
    if referral.consent.status is ConsentStatus.WITHDRAWN:
        raise NotPossibleNow("The consent was withdrawn before.")
    taken_back = replace(referral, consent=referral.consent.withdrawn(now))
    without, contact = settled(taken_back, now)
    stopped = decided(without, [happened("referral.consent_withdrawn", without, None), *contact])
    if referral.status not in ALIVE:
        return stopped
    ended = void(without, by, VoidReason.CONSENT_WITHDRAWN, None, now)
    return stopped.then(ended.referral, *ended.events)


def _with_ending_note(
    referral: Referral, by: Actor, note: Secret | None, now: datetime
) -> Referral:
    if note is None:
        return referral
    return referral.with_note(NoteKind.ENDING, 0, now, by.subject, note)


def _withdrawn(offer: Offer | None, reason: VoidReason) -> Offer | None:
    if offer is None:
        return None
    return replace(offer, status=MOVES[Action.VOID].end, ended_reason=str(reason))
