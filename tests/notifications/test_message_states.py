"""The states of a message: what is allowed, and what stays true whatever happens to it."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ihala.errors import Conflict
from ihala_notifications.domain.classes import PATIENCE, Class, wait_before_retry
from ihala_notifications.domain.message import (
    ALLOWED,
    WAITING,
    Attempt,
    Channel,
    Message,
    State,
    new_message,
)

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ENDS = frozenset(state for state, to in ALLOWED.items() if not to)


def a_message(state: State = State.CREATED) -> Message:
    message = new_message("msg_1", Channel.EMAIL, "desk@example.org", ("ar", "contact"), NOW)
    path = {
        State.CREATED: [],
        State.QUEUED: [State.QUEUED],
        State.SENDING: [State.QUEUED, State.SENDING],
        State.UNKNOWN: [State.QUEUED, State.SENDING, State.UNKNOWN],
    }[state]
    for step in path:
        message = message.to(step, NOW)
    return message


def test_every_state_of_the_domain_is_in_the_table() -> None:
    """A state without a row could never be left or would never be reached."""
    assert set(ALLOWED) == set(State)
    assert set(State) - {State.CREATED} == frozenset().union(*ALLOWED.values())


@given(st.sampled_from(State), st.sampled_from(State))
def test_a_message_never_goes_where_the_table_does_not_allow_it(a: State, b: State) -> None:
    """The table is the only road."""
    message = Message("msg_1", Channel.EMAIL, "", "ar", "contact", a, ())

    if b in ALLOWED[a]:
        assert message.to(b, NOW).state is b
    else:
        with pytest.raises(Conflict):
            message.to(b, NOW)


def test_unknown_is_the_only_end_that_may_still_become_something_else() -> None:
    """What is over stays over, but a late receipt may settle what nobody knew."""
    assert {
        State.DELIVERED,
        State.SUPPRESSED,
        State.PERMANENT_FAILURE,
        State.TECHNICAL_FAILURE,
        State.EXPIRED,
        State.CANCELLED,
        State.MERGED,
    } == ENDS
    assert State.QUEUED not in ALLOWED[State.UNKNOWN]
    assert State.SENDING not in ALLOWED[State.UNKNOWN]


class Life(RuleBasedStateMachine):
    """A message led by a thousand hands: whatever the order, its history can be believed."""

    @initialize()
    def begin(self) -> None:
        self.message = a_message()
        self.at = NOW

    @rule(state=st.sampled_from(State), minutes=st.integers(0, 90))
    def go(self, state: State, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        try:
            self.message = self.message.to(state, self.at)
        except Conflict:
            return

    @rule()
    def try_to_send(self) -> None:
        try:
            self.message = self.message.start_attempt(Attempt(1, self.at), self.at)
        except Conflict:
            return

    @invariant()
    def the_history_ends_in_the_state(self) -> None:
        assert self.message.states[-1].state is self.message.state

    @invariant()
    def each_step_was_allowed(self) -> None:
        states = [step.state for step in self.message.states]
        assert all(b in ALLOWED[a] for a, b in itertools.pairwise(states))

    @invariant()
    def an_attempt_is_on_record_before_every_answer(self) -> None:
        sendings = [s for s in self.message.states if s.state is State.SENDING]
        assert len(self.message.attempts) <= len(sendings)

    @invariant()
    def it_is_accepted_at_most_once(self) -> None:
        accepted = [s for s in self.message.states if s.state is State.ACCEPTED]
        assert len(accepted) <= 1

    @invariant()
    def nothing_leads_out_of_what_nobody_knows_to_sending(self) -> None:
        states = [step.state for step in self.message.states]
        if State.UNKNOWN in states:
            assert State.SENDING not in states[states.index(State.UNKNOWN) :]


TestLife = Life.TestCase


def test_an_attempt_is_recorded_before_the_message_leaves() -> None:
    """The lease says until when somebody is expected to record the answer."""
    ends = NOW + timedelta(seconds=90)

    sending = a_message(State.QUEUED).start_attempt(Attempt(1, NOW, "us", "offer_sent"), ends)

    assert sending.state is State.SENDING
    assert sending.due_at == ends
    assert sending.attempts[0].still_true == "offer_sent"
    assert sending.attempts[0].outcome == ""


@given(st.sampled_from(Class), st.integers(1, 60), st.integers(0, 2**32))
def test_a_retry_waits_longer_each_time_but_never_too_long(
    class_: Class, attempts: int, seed: int
) -> None:
    """Between half and the whole of a doubling wait, at most the longest of the class."""
    patience = PATIENCE[class_]
    full = min(patience.first_wait * 2 ** min(attempts - 1, 20), patience.longest_wait)

    wait = wait_before_retry(class_, attempts, random.Random(seed))

    assert full / 2 <= wait <= full


def test_a_retry_never_comes_before_the_provider_wants_it() -> None:
    """Retry-After wins over our own wait."""
    asked = timedelta(hours=1)

    wait = wait_before_retry(Class.CRITICAL, 1, random.Random(1), at_least=asked)

    assert wait == asked


def test_what_waits_is_what_somebody_must_still_look_at() -> None:
    """The states at rest are the ends, what was taken, and what nobody knows."""
    assert set(State) - WAITING == ENDS | {State.ACCEPTED, State.UNKNOWN}
