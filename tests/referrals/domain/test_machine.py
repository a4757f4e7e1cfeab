"""Whatever anybody does, in any order: a referral never leaves the table."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.referrals.domain.making import (
    FIRST,
    HERE,
    NOW,
    RESPOND_BY,
    SECOND,
    THIRD,
    caller,
    destination,
    referral,
    roads,
)

from ihala.caller import Caller, Role
from ihala.errors import Conflict, Forbidden
from ihala.events.contracts import CONTRACTS
from ihala_referrals.domain import ending, sending, timers
from ihala_referrals.domain.acting import Actor, Deed, Particulars, act
from ihala_referrals.domain.decided import Decided
from ihala_referrals.domain.drafting import created
from ihala_referrals.domain.possible import Possible, possible_actions
from ihala_referrals.domain.referral import Decline, Referral
from ihala_referrals.domain.table import MOVES, Action
from ihala_referrals.domain.visibility import sides, sides_of_offer
from ihala_referrals.domain.words import (
    ENDED,
    DeclinedBy,
    DeclineReason,
    OfferStatus,
    Outcome,
    ReferralStatus,
    Side,
    UnmetReason,
    VoidReason,
)

CALLERS = {
    "sender": caller(Role.CLINIC, at=HERE),
    **{id_: caller(Role.CLINIC, at=id_) for id_ in (FIRST, SECOND, THIRD)},
    "coordinator": caller(Role.COORDINATOR),
    "stranger": caller(Role.CLINIC, at="fac_elsewhere"),
}
OF_REFERRAL = ("send", "give_up", "close", "void", "withdraw_consent")
OF_OFFER = tuple(str(action) for action in Action if action not in (Action.EXPIRE, Action.VOID))
PARTICULARS = Particulars(
    expected_on="2026-03-04",
    scheduled_at=NOW,
    expected_wait_days=3,
    decline=Decline(DeclineReason.NO_CAPACITY, DeclinedBy.PROVIDER),
    outcome=Outcome.TREATED,
    reason="other",
)
EDGES = {(start, move.end) for move in MOVES.values() for start in move.start}
REFERRAL_EDGES = {
    (ReferralStatus.DRAFT, ReferralStatus.ACTIVE),
    (ReferralStatus.DRAFT, ReferralStatus.CANCELLED),
    (ReferralStatus.ACTIVE, ReferralStatus.FULFILLED),
    (ReferralStatus.ACTIVE, ReferralStatus.UNMET),
    (ReferralStatus.ACTIVE, ReferralStatus.CANCELLED),
}


class Story(RuleBasedStateMachine):
    """Callers do all there is to do, at random, while time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.referral: Referral = referral()

    @initialize(auto_forward=st.booleans())
    def begin(self, auto_forward: bool) -> None:
        self.take(created(referral(auto_forward=auto_forward)))

    @rule(
        who=st.sampled_from(sorted(CALLERS)), action=st.sampled_from(OF_OFFER), phone=st.booleans()
    )
    def try_on_the_offer(self, who: str, action: str, phone: bool) -> None:
        offer = self.referral.open_offer
        if offer is None:
            return
        listed = Possible(action, offer.number, by_phone=phone and who == "sender")
        by = Actor(who, sides_of_offer(self.referral, offer, CALLERS[who]), by_phone=phone)
        deed = Deed(Action(action), offer.number, by, self.now, PARTICULARS)
        if phone and who != "sender":
            return
        self.attempt(who, listed, lambda: act(self.referral, deed, roads()))

    @rule(who=st.sampled_from(sorted(CALLERS)), action=st.sampled_from(OF_REFERRAL))
    def try_on_the_referral(self, who: str, action: str) -> None:
        self.attempt(who, Possible(action), lambda: self.whole(action, CALLERS[who]))

    def whole(self, action: str, by_whom: Caller) -> Decided:
        by = Actor(by_whom.subject, sides(self.referral, by_whom))
        if action == "send":
            if Side.SENDER not in by.sides:
                raise Forbidden("not the sender")
            return sending.send(self.referral, destination(THIRD), self.now, RESPOND_BY)
        if action == "give_up":
            return ending.give_up(self.referral, by, UnmetReason.NOBODY_LEFT, None, self.now)
        if action == "close":
            return ending.close(self.referral, by, self.now)
        if action == "void":
            return ending.void(self.referral, by, VoidReason.DUPLICATE, None, self.now)
        return ending.withdraw_consent(self.referral, by, self.now)

    @rule(hours=st.integers(1, 400))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.take(timers.tick(self.referral, self.now, roads()))

    @rule(facility=st.sampled_from((FIRST, SECOND, THIRD)))
    def a_facility_closes(self, facility: str) -> None:
        self.take(timers.rescue(self.referral, facility, self.now, roads()))

    def attempt(self, who: str, what: Possible, do: object) -> None:
        """What is listed succeeds; what is not is refused, and changes nothing."""
        assert callable(do)
        if what in possible_actions(self.referral, CALLERS[who]):
            self.take(do())
            return
        with pytest.raises((Conflict, Forbidden)):
            do()

    def take(self, decided: Decided) -> None:
        before, after = self.referral, decided.referral
        for old, new in zip(before.offers, after.offers, strict=False):
            assert old.status == new.status or (old.status, new.status) in EDGES
        for new in after.offers[len(before.offers) :]:
            assert new.status is OfferStatus.SENT
        moved = (before.status, after.status)
        assert before.status == after.status or moved in REFERRAL_EDGES
        for event in decided.events:
            if event.data is not None and event.type.startswith("referral."):
                CONTRACTS[event.type, 1].check_sent(event.data)
        self.referral = after

    @invariant()
    def at_most_one_offer_is_open_and_it_is_the_last(self) -> None:
        assert all(offer.status in ENDED for offer in self.referral.offers[:-1])

    @invariant()
    def an_ended_referral_has_no_open_offer(self) -> None:
        if self.referral.status is not ReferralStatus.ACTIVE:
            assert self.referral.open_offer is None

    @invariant()
    def a_fulfilled_referral_has_a_completed_offer_and_no_other_has(self) -> None:
        completed = any(it.status is OfferStatus.COMPLETED for it in self.referral.offers)
        assert completed == (self.referral.status is ReferralStatus.FULFILLED)

    @invariant()
    def strangers_can_do_nothing(self) -> None:
        assert possible_actions(self.referral, CALLERS["stranger"]) == []


TestStory = Story.TestCase
TestStory.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
