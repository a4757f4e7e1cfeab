"""The table of an offer's life: which action leads from where to where, and who may take it.

This is the one place that knows. Everything else (checks, lists of possible actions, endpoints,
tests) reads it. A state or a move that is not here does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ihala_referrals.domain.words import OPEN, UNANSWERED, OfferStatus, Side

S = OfferStatus


class Action(StrEnum):
    """What can be done with an offer."""

    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_INFORMATION = "request_information"
    PROVIDE_INFORMATION = "provide_information"
    WAITLIST = "waitlist"
    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    NO_SHOW = "no_show"
    ARRIVE = "arrive"
    INTERIM_NOTE = "interim_note"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    REQUEST_CANCELLATION = "request_cancellation"
    CONFIRM_CANCELLATION = "confirm_cancellation"
    EXPIRE = "expire"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Move:
    """One row: ``by_phone`` marks the answers that the sender may record for the receiver."""

    action: Action
    by: frozenset[Side]
    start: frozenset[OfferStatus]
    end: OfferStatus
    event: str
    by_phone: bool = False


def _row(
    action: Action,
    by: Side | frozenset[Side],
    start: frozenset[OfferStatus],
    end: OfferStatus,
    event: str,
    *,
    by_phone: bool = False,
) -> Move:
    sides = frozenset({by}) if isinstance(by, Side) else by
    return Move(action, sides, start, end, f"referral.{event}", by_phone)


def _in(*states: OfferStatus) -> frozenset[OfferStatus]:
    return frozenset(states)


_SENDER, _RECEIVER = Side.SENDER, Side.RECEIVER
_SENDER_OR_SUPERVISOR = frozenset({Side.SENDER, Side.SUPERVISOR})
_AGREED = _in(S.ACCEPTED, S.SCHEDULED, S.NO_SHOW)
A = Action

# fmt: off
_ROWS = (
    _row(A.ACKNOWLEDGE, _RECEIVER, _in(S.SENT), S.RECEIVED, "received", by_phone=True),
    _row(A.ACCEPT, _RECEIVER, UNANSWERED, S.ACCEPTED, "accepted", by_phone=True),
    _row(A.DECLINE, _RECEIVER, UNANSWERED | _in(S.ACCEPTED), S.DECLINED, "declined", by_phone=True),
    _row(A.REQUEST_INFORMATION, _RECEIVER, _in(S.RECEIVED), S.INFO_REQUESTED,
         "information_requested"),
    _row(A.PROVIDE_INFORMATION, _SENDER, _in(S.INFO_REQUESTED), S.RECEIVED, "information_provided"),
    _row(A.WAITLIST, _RECEIVER, _in(S.RECEIVED), S.WAITLISTED, "waitlisted", by_phone=True),
    _row(A.SCHEDULE, _RECEIVER, _in(S.ACCEPTED, S.NO_SHOW, S.WAITLISTED), S.SCHEDULED, "scheduled",
         by_phone=True),
    _row(A.RESCHEDULE, _RECEIVER, _in(S.NO_SHOW), S.SCHEDULED, "scheduled", by_phone=True),
    _row(A.NO_SHOW, _RECEIVER, _in(S.SCHEDULED), S.NO_SHOW, "no_show"),
    _row(A.ARRIVE, _RECEIVER, _AGREED, S.IN_CARE, "arrived"),
    _row(A.INTERIM_NOTE, _RECEIVER, _in(S.IN_CARE), S.IN_CARE, "interim_noted"),
    _row(A.COMPLETE, _RECEIVER, _in(S.IN_CARE, S.ACCEPTED, S.SCHEDULED), S.COMPLETED, "completed"),
    _row(A.WITHDRAW, _SENDER, UNANSWERED, S.WITHDRAWN, "withdrawn"),
    _row(A.REQUEST_CANCELLATION, _SENDER, _AGREED, S.CANCELLING, "cancellation_requested"),
    _row(A.CONFIRM_CANCELLATION, _RECEIVER, _in(S.CANCELLING), S.WITHDRAWN, "withdrawn",
         by_phone=True),
    _row(A.EXPIRE, Side.SYSTEM, UNANSWERED, S.EXPIRED, "expired"),
    _row(A.VOID, _SENDER_OR_SUPERVISOR, OPEN, S.WITHDRAWN, "cancelled"),
)
# fmt: on
MOVES: dict[Action, Move] = {move.action: move for move in _ROWS}


def possible(status: OfferStatus, sides: frozenset[Side]) -> list[Move]:
    """What these sides may do with an offer in this state, in the table's order."""
    return [move for move in MOVES.values() if status in move.start and move.by & sides]


def possible_by_phone(status: OfferStatus) -> list[Move]:
    """What the sender may record for a receiver who answered by phone."""
    return [move for move in MOVES.values() if status in move.start and move.by_phone]
