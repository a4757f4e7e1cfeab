"""Writing a referral down, and changing what was written while that still makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ihala.errors import FieldError, Invalid
from ihala.events.event import Happened
from ihala_referrals.domain.consent import Consent
from ihala_referrals.domain.contact import WITHDRAWN, is_reachable, settled
from ihala_referrals.domain.decided import Decided, decided
from ihala_referrals.domain.errors import NotPossibleNow
from ihala_referrals.domain.facts import happened
from ihala_referrals.domain.referral import Referral, Secret
from ihala_referrals.domain.words import Priority, ReferralStatus

ALWAYS_CHANGEABLE = frozenset({"consent", "shortlist", "auto_forward"})
"""What the sender may still change of a referral that is under way."""

_CLOCK_SKEW = timedelta(minutes=5)
_NOTHING: Secret = b""


def created(referral: Referral) -> Decided:
    """The referral as it was written down, with the event that says so."""
    return decided(referral, [happened("referral.created", referral, None)])


def revise(referral: Referral, changes: Mapping[str, Any], now: datetime) -> Decided:
    """Change fields of the referral by their names; ``private`` stands for what is encrypted.

    Raises NotPossibleNow for a field that can no longer be changed, and for a consent under an
    active referral that would not hold: withdrawing has an action of its own.
    """
    allowed = referral.status is ReferralStatus.DRAFT or (
        referral.status is ReferralStatus.ACTIVE and changes.keys() <= ALWAYS_CHANGEABLE
    )
    if not allowed:
        names = ", ".join(sorted(ALWAYS_CHANGEABLE))
        raise NotPossibleNow(f"Only {names} can be changed, and only while it is active.")
    revised = replace(referral, **changes)
    if revised == referral:
        return decided(referral)
    if revised.status is ReferralStatus.ACTIVE and not revised.consent.holds(now):
        raise NotPossibleNow("This consent would not hold; to withdraw it, use withdraw_consent.")
    revised, contact = settled(revised, now)
    event = happened("referral.revised", revised, None, {"fields": sorted(changes)})
    return decided(revised, [event, *contact])


def erased(referral: Referral, now: datetime) -> Decided:
    """The person's codes and hashes go; their key is deleted by the caller, for good."""
    gone = replace(
        referral,
        erased_at=referral.erased_at or now,
        case_code=None,
        recognised_by=(),
        private=None,
        notes=tuple(replace(note, text=_NOTHING) for note in referral.notes),
        contact_granted=False,
    )
    contact = [Happened(WITHDRAWN, None)] if referral.contact_granted else []
    return decided(gone, [happened("referral.person_erased", gone, None), *contact])


def check_consent(
    consent: Consent, priority: Priority, private: Mapping[str, Any], now: datetime
) -> None:
    """Raise Invalid, with pointers, for a consent that contradicts itself, its moment or person."""
    wrong = [*_wrong(consent, priority, now)]
    if consent.contact and not is_reachable(private):
        wrong.append(("contact", ("Give a phone or a safe_contact with it.", "required")))
    errors = [FieldError(f"/consent/{field}", *why) for field, why in wrong]
    if errors:
        raise Invalid("The consent cannot be recorded like this. See errors.", errors=errors)


def _wrong(
    consent: Consent, priority: Priority, now: datetime
) -> Iterator[tuple[str, tuple[str, str]]]:
    if consent.at > now + _CLOCK_SKEW:
        yield "at", ("Consent cannot be given in the future.", "in_the_future")
    if consent.expires is not None and consent.expires <= consent.at:
        yield "expires", ("Must be after the consent was given.", "out_of_order")
    if consent.override is not None and priority is not Priority.EMERGENCY:
        yield "override", ("Only an emergency may go out without consent.", "not_allowed")
