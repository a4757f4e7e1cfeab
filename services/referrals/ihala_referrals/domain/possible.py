"""What a caller may do with a referral right now: the same rules that decide when they do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ihala.caller import Caller
from ihala_referrals.domain.consent import ConsentStatus
from ihala_referrals.domain.ending import ALIVE
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.table import Action, possible, possible_by_phone
from ihala_referrals.domain.visibility import sides, sides_of_offer
from ihala_referrals.domain.words import ReferralStatus, Side


@dataclass(frozen=True, slots=True)
class Possible:
    """One thing that can be done; ``offer`` is None for what concerns the whole referral.

    ``by_phone`` marks what the sender may only record for a receiver who said it on the phone.
    """

    action: str
    offer: int | None = None
    by_phone: bool = False


def possible_actions(referral: Referral, caller: Caller) -> list[Possible]:
    """Everything that the caller may do now, each once."""
    return [*_of_the_offer(referral, caller), *_of_the_referral(referral, sides(referral, caller))]


def _of_the_offer(referral: Referral, caller: Caller) -> Iterator[Possible]:
    offer = referral.open_offer
    if offer is None:
        return
    mine = sides_of_offer(referral, offer, caller)
    own = [move.action for move in possible(offer.status, mine) if move.action is not Action.VOID]
    yield from (Possible(str(action), offer.number) for action in own)
    if Side.SENDER in mine:
        for move in possible_by_phone(offer.status):
            if move.action not in own:
                yield Possible(str(move.action), offer.number, by_phone=True)


def _of_the_referral(referral: Referral, mine: frozenset[Side]) -> Iterator[Possible]:
    alive = referral.status in ALIVE
    sender = Side.SENDER in mine
    if alive and sender:
        yield Possible("revise")
    if alive and sender and referral.open_offer is None:
        yield Possible("send")
    if referral.status is ReferralStatus.ACTIVE and sender and referral.open_offer is None:
        yield Possible("give_up")
    if referral.status is ReferralStatus.FULFILLED and sender and referral.closed_at is None:
        yield Possible("close")
    if mine & {Side.SENDER, Side.SUPERVISOR}:
        if alive:
            yield Possible("void")
        if referral.consent.status is not ConsentStatus.WITHDRAWN:
            yield Possible("withdraw_consent")
