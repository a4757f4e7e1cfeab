"""Acting on an offer, and on a referral as a whole, on behalf of a caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ihala.caller import Caller
from ihala.errors import NotFound
from ihala_referrals.domain import ending, sending
from ihala_referrals.domain.acting import Actor, Deed, Particulars, act
from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.errors import NotPossibleNow, NotUsable, NotYours
from ihala_referrals.domain.referral import Offer, Referral
from ihala_referrals.domain.table import Action
from ihala_referrals.domain.visibility import sides, sides_of_offer
from ihala_referrals.domain.words import OfferStatus, Side, UnmetReason, VoidReason
from ihala_referrals.usecases.changing import change, secret
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.roads import destination, roads
from ihala_referrals.usecases.viewing import View


@dataclass(frozen=True, slots=True)
class Target:
    """What a caller acts on; ``expected`` is the version they saw, where they said so."""

    referral_id: str
    expected: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """An action's particulars as the caller gave them, with words still to be encrypted."""

    particulars: Particulars = field(default_factory=Particulars)
    note: str | None = None
    witness: str | None = None


def act_on_offer(deps: Deps, caller: Caller, target: Target, action: Action, said: Said) -> View:
    """Take one of the table's moves on an offer.

    A ``witness`` makes it a decision recorded by phone. NotFound for an offer that the caller may
    not know of, NotYours for the other side's move, NotPossibleNow for one out of turn.
    """

    def decide(referral: Referral) -> Decided:
        offer = _visible_offer(referral, target.number, caller)
        by = Actor(
            caller.subject,
            sides_of_offer(referral, offer, caller),
            by_phone=said.witness is not None,
        )
        sealed = _sealed(deps, referral, said)
        deed = Deed(action, offer.number, by, deps.clock(), sealed)
        return act(referral, deed, roads(deps, referral))

    return change(deps, caller, target.referral_id, target.expected, decide)


def _visible_offer(referral: Referral, number: int, caller: Caller) -> Offer:
    offer = referral.offer(number)
    if offer is None or not sides_of_offer(referral, offer, caller):
        raise NotFound(f"There is no offer {number}.")
    return offer


def _sealed(deps: Deps, referral: Referral, said: Said) -> Particulars:
    return replace(
        said.particulars,
        note=secret(deps, referral, said.note),
        witness=secret(deps, referral, said.witness),
    )


def open_referral(deps: Deps, caller: Caller, target: Target) -> View:
    """Read a referral as staff do: an offer to the caller's facility is acknowledged by it."""

    def decide(referral: Referral) -> Decided:
        offer = referral.open_offer
        if offer is None or offer.status is not OfferStatus.SENT:
            return decided(referral)
        here = sides_of_offer(referral, offer, caller)
        if Side.RECEIVER not in here:
            return decided(referral)
        deed = Deed(Action.ACKNOWLEDGE, offer.number, Actor(caller.subject, here), deps.clock())
        return act(referral, deed, roads(deps, referral))

    return change(deps, caller, target.referral_id, target.expected, decide)


def send_offer(deps: Deps, caller: Caller, target: Target, facility_id: str | None) -> View:
    """Put the need to a facility, or to the next one on the shortlist that was not asked yet."""

    def decide(referral: Referral) -> Decided:
        _must_be_sender(referral, caller)
        chosen = facility_id or next(iter(sending.untried(referral)), None)
        if chosen is None:
            raise NotUsable("Nobody is left on the shortlist; name a facility.")
        now = deps.clock()
        to = destination(deps, referral, chosen, now)
        return sending.send(referral, to, now, deps.respond_by)

    return change(deps, caller, target.referral_id, target.expected, decide)


def _must_be_sender(referral: Referral, caller: Caller) -> None:
    if Side.SENDER not in sides(referral, caller):
        raise NotYours("Only the sender of a referral may do this.")


def withdraw_offer(deps: Deps, caller: Caller, target: Target, said: Said) -> View:
    """Take back the offer that is open, whichever number it has."""

    def decide(referral: Referral) -> Decided:
        _must_be_sender(referral, caller)
        offer = referral.open_offer
        if offer is None:
            raise NotPossibleNow("No offer is open.")
        by = Actor(caller.subject, sides_of_offer(referral, offer, caller))
        sealed = _sealed(deps, referral, said)
        deed = Deed(Action.WITHDRAW, offer.number, by, deps.clock(), sealed)
        return act(referral, deed, roads(deps, referral))

    return change(deps, caller, target.referral_id, target.expected, decide)


def close_referral(deps: Deps, caller: Caller, target: Target) -> View:
    """The sender has read the counter-referral: the loop is closed."""
    return _end(deps, caller, target, lambda r, by: ending.close(r, by, deps.clock()))


def give_up(
    deps: Deps, caller: Caller, target: Target, reason: UnmetReason, note: str | None
) -> View:
    """Nobody could help: the need stays unmet."""

    def give(referral: Referral, by: Actor) -> Decided:
        words = secret(deps, referral, note)
        return ending.give_up(referral, by, reason, words, deps.clock())

    return _end(deps, caller, target, give)


def void_referral(
    deps: Deps, caller: Caller, target: Target, reason: VoidReason, note: str | None
) -> View:
    """The need is gone. Void for withdrawn consent also withdraws the consent."""
    if reason is VoidReason.CONSENT_WITHDRAWN:
        return withdraw_consent(deps, caller, target)

    def void(referral: Referral, by: Actor) -> Decided:
        return ending.void(referral, by, reason, secret(deps, referral, note), deps.clock())

    return _end(deps, caller, target, void)


def withdraw_consent(deps: Deps, caller: Caller, target: Target) -> View:
    """The person took the consent back: disclosure stops, what is open is cancelled."""
    return _end(deps, caller, target, lambda r, by: ending.withdraw_consent(r, by, deps.clock()))


def _end(
    deps: Deps, caller: Caller, target: Target, how: Callable[[Referral, Actor], Decided]
) -> View:
    def decide(referral: Referral) -> Decided:
        return how(referral, Actor(caller.subject, sides(referral, caller)))

    return change(deps, caller, target.referral_id, target.expected, decide)
