"""What a decision of the domain gives back: the referral after it, and what has happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ihala.events.event import Happened
from ihala_referrals.domain.referral import Referral


@dataclass(frozen=True, slots=True)
class Decided:
    """The next state and its events, to be saved in one write."""

    referral: Referral
    events: tuple[Happened, ...] = ()

    def then(self, referral: Referral, *events: Happened) -> Decided:
        """The same, with something more that followed from it."""
        return Decided(referral, (*self.events, *events))


def decided(referral: Referral, events: Sequence[Happened] = ()) -> Decided:
    """The next state with these events."""
    return Decided(referral, tuple(events))
