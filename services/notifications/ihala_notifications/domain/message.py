"""A message: one recipient's copy on one channel, its states, and what was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ihala.errors import Conflict


class State(StrEnum):
    """Where a message stands."""

    CREATED = "created"
    HELD = "held"
    BATCHED = "batched"
    SUPPRESSED = "suppressed"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    TEMPORARY_FAILURE = "temporary_failure"
    PERMANENT_FAILURE = "permanent_failure"
    TECHNICAL_FAILURE = "technical_failure"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MERGED = "merged"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """How a message reaches somebody."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"
    INBOX = "inbox"


_GIVEN_UP = frozenset({State.SUPPRESSED, State.EXPIRED, State.CANCELLED})
_FAILED_FOR_GOOD = frozenset({State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE})

ALLOWED: Mapping[State, frozenset[State]] = {
    State.CREATED: _GIVEN_UP | {State.HELD, State.BATCHED, State.QUEUED},
    State.HELD: _GIVEN_UP | {State.QUEUED},
    State.BATCHED: _GIVEN_UP | {State.QUEUED, State.MERGED},
    State.QUEUED: _GIVEN_UP | {State.HELD, State.SENDING, State.TECHNICAL_FAILURE},
    State.SENDING: _FAILED_FOR_GOOD | {State.ACCEPTED, State.TEMPORARY_FAILURE, State.UNKNOWN},
    State.TEMPORARY_FAILURE: _GIVEN_UP | _FAILED_FOR_GOOD | {State.QUEUED},
    State.ACCEPTED: frozenset({State.DELIVERED, State.PERMANENT_FAILURE, State.UNKNOWN}),
    # Nobody sends it again, but the provider's late answer, or a receipt, may still settle it.
    State.UNKNOWN: frozenset({State.ACCEPTED, State.DELIVERED, State.PERMANENT_FAILURE}),
    State.DELIVERED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.PERMANENT_FAILURE: frozenset(),
    State.TECHNICAL_FAILURE: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
    State.MERGED: frozenset(),
}
"""From which state a message may go to which; DOMAIN's list, written as a table."""

WAITING = frozenset(
    {State.CREATED, State.HELD, State.BATCHED, State.QUEUED, State.SENDING, State.TEMPORARY_FAILURE}
)
"""The states in which something is still to be done by itself."""

REPEATABLE = frozenset({Channel.WEBHOOK})
"""Channels whose receiver recognises a repetition by the message's id, so that it does no harm."""


@dataclass(frozen=True, slots=True)
class Step:
    """One state that a message came to, when, and why where that is not obvious."""

    state: State
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a provider: ``outcome`` is empty while nobody knows how it ended.

    ``answer`` is the provider's code (``250``, ``550``, ``503``), never its text. ``by`` is a
    random word of whoever makes the attempt, by which they recognise it as their own.
    """

    number: int
    started_at: datetime
    by: str = ""
    still_true: str = ""
    ended_at: datetime | None = None
    outcome: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One copy for one address; it changes only by ``to``, from a state that allows it.

    ``address`` is a desk's address or a webhook's id. It is empty where it is found out at the
    moment of sending: for a person, whose address is never kept here.
    ``due_at`` is when somebody must look at it next; None when it is at rest.
    """

    id: str
    channel: Channel
    address: str
    language: str
    language_from: str
    state: State
    states: tuple[Step, ...]
    attempts: tuple[Attempt, ...] = ()
    due_at: datetime | None = None

    def to(
        self, state: State, at: datetime, reason: str = "", due_at: datetime | None = None
    ) -> Message:
        """The message in its next state; raises Conflict where the table does not allow it.

        One that was accepted and got no receipt in time is not accepted a second time.
        """
        again = state is State.ACCEPTED and any(s.state is state for s in self.states)
        if again or state not in ALLOWED[self.state]:
            raise Conflict(f"a message that is {self.state} cannot become {state}")
        step = Step(state, at, reason)
        return replace(self, state=state, states=(*self.states, step), due_at=due_at)

    @property
    def reason(self) -> str:
        """Why it is in its state."""
        return self.states[-1].reason

    def is_due(self, now: datetime) -> bool:
        """Whether somebody must look at it now."""
        return self.due_at is not None and self.due_at <= now

    def start_attempt(self, attempt: Attempt, lease_ends: datetime) -> Message:
        """The message on its way out: recorded before the provider could take it.

        When nothing more is recorded until ``lease_ends``, nobody knows whether it left.
        """
        at = attempt.started_at
        queued = self if self.state is State.QUEUED else self.to(State.QUEUED, at)
        sending = queued.to(State.SENDING, at, due_at=lease_ends)
        return replace(sending, attempts=(*self.attempts, attempt))

    def end_attempt(self, at: datetime, outcome: str, answer: str = "") -> Message:
        """The message with what the provider said about the last attempt."""
        *before, last = self.attempts
        ended = replace(last, ended_at=at, outcome=outcome, answer=answer[:40])
        return replace(self, attempts=(*before, ended))


def new_message(
    id_: str, channel: Channel, address: str, language: tuple[str, str], at: datetime
) -> Message:
    """A message that was just created; ``language`` is the language and where it was taken from."""
    born = (Step(State.CREATED, at),)
    return Message(id_, channel, address, *language, State.CREATED, born)
