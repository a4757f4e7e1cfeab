"""Who may know of a referral at all. What is not allowed here is denied, and reads as not found.

Medical: the sending facility's clinic staff, the clinic staff of facilities that got an offer, and
coordinators (facts only). Protection: the sender's and receivers' protection staff, nobody else.
Machines act for the facilities that their token names.
"""

from __future__ import annotations

from dataclasses import dataclass

from ihala.caller import Caller, Role
from ihala_referrals.domain.referral import Offer, Referral
from ihala_referrals.domain.words import Kind, Side

STAFF = {
    Kind.MEDICAL: frozenset({Role.CLINIC, Role.MACHINE}),
    Kind.PROTECTION: frozenset({Role.PROTECTION}),
}
"""The roles whose holders may know of referrals of a kind that concern their facilities."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a caller can reach of one kind: as staff of ``facilities``, and everywhere's facts."""

    kind: Kind
    facilities: frozenset[str]
    all_facts: bool


def reaches(caller: Caller) -> list[Reach]:
    """What a caller can reach, kind by kind; empty for a caller who may know of nothing."""
    found = []
    for kind, roles in STAFF.items():
        facilities = caller.facilities if caller.has(*roles) else frozenset[str]()
        all_facts = kind is Kind.MEDICAL and caller.has(Role.COORDINATOR)
        if facilities or all_facts:
            found.append(Reach(kind, facilities, all_facts))
    return found


def sides(referral: Referral, caller: Caller) -> frozenset[Side]:
    """The parts in which the caller meets this referral; none means that it does not exist."""
    found: set[Side] = set()
    if caller.has(*STAFF[referral.kind]):
        if caller.works_at(referral.from_facility_id):
            found.add(Side.SENDER)
        if any(caller.works_at(offer.to_facility_id) for offer in referral.offers):
            found.add(Side.RECEIVER)
    if referral.kind is Kind.MEDICAL and caller.has(Role.COORDINATOR):
        found.add(Side.SUPERVISOR)
    return frozenset(found)


def sides_of_offer(referral: Referral, offer: Offer, caller: Caller) -> frozenset[Side]:
    """The parts in which the caller meets this one offer: a receiver knows only its own."""
    found = sides(referral, caller) - {Side.RECEIVER}
    if caller.has(*STAFF[referral.kind]) and caller.works_at(offer.to_facility_id):
        found |= {Side.RECEIVER}
    return found


def visible_offers(referral: Referral, caller: Caller) -> list[Offer]:
    """The offers that the caller may know of."""
    return [offer for offer in referral.offers if sides_of_offer(referral, offer, caller)]
