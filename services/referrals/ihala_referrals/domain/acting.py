"""Acting on an offer: the table decides whether, this module what else changes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.errors import NotPossibleNow, NotYours
from ihala_referrals.domain.facts import happened
from ihala_referrals.domain.referral import Decline, NoteKind, Offer, Referral, Secret
from ihala_referrals.domain.sending import Roads, move_on
from ihala_referrals.domain.table import MOVES, Action, Move
from ihala_referrals.domain.words import (
    ENDED,
    DeclinedBy,
    DeclineReason,
    OfferStatus,
    Outcome,
    ReferralStatus,
    Side,
)

_UNKNOWN_WAIT = timedelta(days=30)
"""A waitlist without an expected wait is asked about again after so long."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in what parts; ``by_phone`` when somebody records what the receiver said."""

    subject: str
    sides: frozenset[Side]
    by_phone: bool = False


@dataclass(frozen=True, slots=True)
class Particulars:
    """What comes with an action; each action reads its own of these, and requires some of them."""

    expected_on: str | None = None
    scheduled_at: datetime | None = None
    expected_wait_days: int | None = None
    decline: Decline | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    note: Secret | None = None
    witness: Secret | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One action on one offer: by whom, when, and with what particulars."""

    action: Action
    number: int
    by: Actor
    at: datetime
    with_: Particulars = field(default_factory=Particulars)


def act(referral: Referral, deed: Deed, roads: Roads) -> Decided:
    """Take one of the table's moves.

    Raises NotYours for a move of the other side, and NotPossibleNow when the offer's state does not
    allow it. After an offer that ended without a visit, the referral moves on.
    """
    offer, move = referral.offers[deed.number - 1], MOVES[deed.action]
    check(move, offer, deed.by)
    period = roads.respond_by.period(referral.service_code, referral.priority)
    after = _moved(offer, move, deed, period)
    changed = _completed(_with_notes(referral.with_offer(after), deed), after, deed.at)
    step = decided(changed, [happened(move.event, changed, after, _specifics(deed, after))])
    return move_on(step, deed.at, roads) if _goes_on(changed, after) else step


def check(move: Move, offer: Offer, by: Actor) -> None:
    """Raise NotYours or NotPossibleNow unless the actor may take this move now."""
    if not _is_theirs(move, by):
        others = " or ".join(sorted(move.by))
        raise NotYours(f"Only the {others} of an offer may {move.action}.")
    if offer.status not in move.start:
        raise NotPossibleNow(f"An offer that is {offer.status} does not allow {move.action}.")


def _is_theirs(move: Move, by: Actor) -> bool:
    if by.by_phone:
        return move.by_phone and bool(by.sides & {Side.SENDER, Side.RECEIVER})
    return bool(move.by & by.sides)


def _moved(offer: Offer, move: Move, deed: Deed, period: timedelta) -> Offer:
    own = _CHANGES[move.action](offer, deed, period) if move.action in _CHANGES else {}
    phoned = offer.recorded_by_phone or deed.by.by_phone
    return replace(offer, status=move.end, recorded_by_phone=phoned, **own)


Changes = Callable[[Offer, Deed, timedelta], dict[str, Any]]
"""What an action changes of an offer beside its status; the period is the time to answer."""


def _accept(_offer: Offer, deed: Deed, _period: timedelta) -> dict[str, Any]:
    return {"expected_on": deed.with_.expected_on, "decided_at": deed.at}


def _decline(_offer: Offer, deed: Deed, _period: timedelta) -> dict[str, Any]:
    decline = deed.with_.decline or Decline(DeclineReason.OTHER, DeclinedBy.PROVIDER)
    return {"decline": decline, "decided_at": deed.at, "ended_reason": str(decline.reason)}


def _waitlist(_offer: Offer, deed: Deed, period: timedelta) -> dict[str, Any]:
    """A waiting person must not be forgotten: the offer is due again when the wait is over."""
    days = deed.with_.expected_wait_days
    wait = _UNKNOWN_WAIT if days is None else timedelta(days=days)
    return {"expected_wait_days": days, "respond_by": deed.at + wait + period, "reminded": True}


def _schedule(offer: Offer, deed: Deed, _period: timedelta) -> dict[str, Any]:
    return {
        "scheduled_at": deed.with_.scheduled_at,
        "decided_at": offer.decided_at or deed.at,
    }


def _complete(_offer: Offer, deed: Deed, _period: timedelta) -> dict[str, Any]:
    return {"outcome": deed.with_.outcome or Outcome.OTHER}


def _end(offer: Offer, deed: Deed, _period: timedelta) -> dict[str, Any]:
    return {"ended_reason": deed.with_.reason or offer.ended_reason}


_CHANGES: Mapping[Action, Changes] = {
    Action.ACCEPT: _accept,
    Action.DECLINE: _decline,
    Action.WAITLIST: _waitlist,
    Action.SCHEDULE: _schedule,
    Action.RESCHEDULE: _schedule,
    Action.COMPLETE: _complete,
    Action.WITHDRAW: _end,
    Action.REQUEST_CANCELLATION: _end,
    Action.CONFIRM_CANCELLATION: _end,
    Action.EXPIRE: _end,
}

_NOTE_OF: Mapping[Action, NoteKind] = {
    Action.ACCEPT: NoteKind.ACCEPTANCE,
    Action.WAITLIST: NoteKind.ACCEPTANCE,
    Action.SCHEDULE: NoteKind.ACCEPTANCE,
    Action.RESCHEDULE: NoteKind.ACCEPTANCE,
    Action.DECLINE: NoteKind.DECLINE,
    Action.REQUEST_INFORMATION: NoteKind.QUESTION,
    Action.PROVIDE_INFORMATION: NoteKind.ANSWER,
    Action.INTERIM_NOTE: NoteKind.INTERIM,
    Action.COMPLETE: NoteKind.OUTCOME,
}


def _with_notes(referral: Referral, deed: Deed) -> Referral:
    written = (
        (_NOTE_OF.get(deed.action, NoteKind.REMARK), deed.with_.note),
        (NoteKind.WITNESS, deed.with_.witness),
    )
    for kind, text in written:
        if text is not None:
            referral = referral.with_note(kind, deed.number, deed.at, deed.by.subject, text)
    return referral


def _completed(referral: Referral, offer: Offer, at: datetime) -> Referral:
    if offer.status is OfferStatus.COMPLETED:
        return replace(referral, status=ReferralStatus.FULFILLED, completed_at=at)
    return referral


def _specifics(deed: Deed, offer: Offer) -> dict[str, Any]:
    """What the event says beyond the facts that every event carries."""
    more: dict[str, Any] = {"recorded_by_phone": True} if deed.by.by_phone else {}
    if deed.action is Action.DECLINE and offer.decline:
        more["reason"] = str(offer.decline.reason)
        more["declined_by"] = str(offer.decline.by)
        more["suggested_facility_id"] = offer.decline.suggested_facility_id
    elif deed.action is Action.WAITLIST:
        more["expected_wait_days"] = offer.expected_wait_days
    elif deed.action is Action.COMPLETE:
        more["outcome"] = str(offer.outcome)
    elif offer.status in _ENDED_WITH_REASON and offer.ended_reason:
        more["reason"] = offer.ended_reason
    return more


_ENDED_WITH_REASON = frozenset({OfferStatus.WITHDRAWN, OfferStatus.EXPIRED})


def _goes_on(referral: Referral, offer: Offer) -> bool:
    return referral.status is ReferralStatus.ACTIVE and offer.status in ENDED
