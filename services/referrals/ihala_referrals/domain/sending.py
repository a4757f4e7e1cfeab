"""Sending an offer, and moving on along the sender's shortlist when one has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ihala_referrals.domain.contact import told_of_contact
from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.errors import ConsentMissing, NotPossibleNow, NotUsable
from ihala_referrals.domain.facts import happened
from ihala_referrals.domain.referral import Offer, Referral
from ihala_referrals.domain.respond_by import RespondBy
from ihala_referrals.domain.words import OfferStatus, ReferralStatus


@dataclass(frozen=True, slots=True)
class Destination:
    """A facility that an offer may go to, with the reasons for and against it at this moment."""

    facility_id: str
    organisation_id: str | None
    operational: bool
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Roads:
    """What moving on needs to know: the facilities that are known, and the periods in force."""

    destinations: Mapping[str, Destination]
    respond_by: RespondBy


def send(referral: Referral, to: Destination, now: datetime, respond_by: RespondBy) -> Decided:
    """Put the need to one facility.

    Raises NotPossibleNow while another offer is open or when the referral has ended, NotUsable for
    a facility that takes nobody, ConsentMissing without a consent that holds and names it.
    """
    _must_be_sendable(referral)
    _must_be_usable(referral, to)
    _must_be_agreed(referral, to, now)
    return _sent(referral, to, now, respond_by)


def _must_be_sendable(referral: Referral) -> None:
    if referral.status not in (ReferralStatus.DRAFT, ReferralStatus.ACTIVE):
        raise NotPossibleNow(f"The referral is {referral.status}; make a new one.")
    if referral.open_offer is not None:
        raise NotPossibleNow("An offer is open; withdraw it first.")


def _must_be_usable(referral: Referral, to: Destination) -> None:
    if to.facility_id == referral.from_facility_id:
        raise NotUsable("A facility cannot refer to itself.")
    if not to.operational:
        raise NotUsable(f"Facility {to.facility_id} is not operational; choose another.")


def _must_be_agreed(referral: Referral, to: Destination, now: datetime) -> None:
    if not referral.consent.holds(now):
        raise ConsentMissing("No offer leaves without consent; record it first.")
    if not referral.consent.covers(to.facility_id, to.organisation_id):
        raise ConsentMissing(
            f"The consent does not name facility {to.facility_id} or its organisation."
        )


def _sent(referral: Referral, to: Destination, now: datetime, respond_by: RespondBy) -> Decided:
    offer = Offer(
        number=len(referral.offers) + 1,
        to_facility_id=to.facility_id,
        to_organisation_id=to.organisation_id,
        status=OfferStatus.SENT,
        sent_at=now,
        respond_by=now + respond_by.period(referral.service_code, referral.priority),
        why=to.why,
    )
    after = replace(
        referral,
        status=ReferralStatus.ACTIVE,
        offers=(*referral.offers, offer),
        contact_granted=referral.consent.allows_contact(now),
    )
    contact = told_of_contact(referral, after)
    return decided(after, [*contact, happened("referral.sent", after, offer)])


def move_on(ended: Decided, now: datetime, roads: Roads) -> Decided:
    """After an offer ended: on to the next where the sender chose so; else the sender is told."""
    referral = ended.referral
    following = _next(referral, now, roads) if referral.auto_forward else None
    if following is None:
        return ended.then(referral, happened("referral.choice_needed", referral, None))
    forwarded = _sent(referral, following, now, roads.respond_by)
    return ended.then(forwarded.referral, *forwarded.events)


def _next(referral: Referral, now: datetime, roads: Roads) -> Destination | None:
    if not referral.consent.holds(now):
        return None
    known = (roads.destinations.get(facility_id) for facility_id in untried(referral))
    agreed = (
        to
        for to in known
        if to and to.operational and referral.consent.covers(to.facility_id, to.organisation_id)
    )
    return next(agreed, None)


def untried(referral: Referral) -> list[str]:
    """The facilities on the shortlist that got no offer yet, in the sender's order."""
    tried = {offer.to_facility_id for offer in referral.offers}
    return [facility_id for facility_id in referral.shortlist if facility_id not in tried]
