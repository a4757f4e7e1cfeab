"""Writing a referral down, and sending it at once where the sender asks for that: one write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ihala.caller import Caller
from ihala.errors import FieldError, Forbidden, Invalid, WorldIsDown
from ihala.ids import new_id
from ihala_referrals.domain.codes import new_case_code, new_code
from ihala_referrals.domain.consent import Consent
from ihala_referrals.domain.decided import Decided
from ihala_referrals.domain.drafting import check_consent, created
from ihala_referrals.domain.person import recognised_by
from ihala_referrals.domain.referral import Referral
from ihala_referrals.domain.sending import send
from ihala_referrals.domain.words import Kind, Priority, ReferralStatus
from ihala_referrals.store.referrals import CodeTaken, Kept
from ihala_referrals.usecases.counted import count_offers
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.roads import destination
from ihala_referrals.usecases.viewing import View, view

_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """What a sender writes down. ``private`` is encrypted as one value with the person's key."""

    service_code: str
    priority: Priority
    from_facility_id: str
    consent: Consent
    private: Mapping[str, Any]
    case_code: str | None = None
    age_band: str | None = None
    reason_code: str | None = None
    requirements: tuple[str, ...] = ()
    shortlist: tuple[str, ...] = ()
    auto_forward: bool = False


def create_referral(deps: Deps, caller: Caller, draft: Draft, *, send_now: bool = False) -> View:
    """Write a referral down; with ``send_now`` its first offer leaves in the same write.

    The same request again (by its Idempotency-Key) gives what became of the first. Raises Forbidden
    for a facility that is not the caller's, Invalid or a Conflict when it cannot be sent.
    """
    if not caller.works_at(draft.from_facility_id):
        raise Forbidden(
            "You can only refer from a facility that you work at.",
            errors=[FieldError("/from_facility_id", "Not one of your facilities.", "not_yours")],
        )
    kept = store(deps, caller, new_id("ref"), draft, send_now=send_now)
    return view(deps, kept, caller, None if kept.replayed else draft.private)


def store(deps: Deps, caller: Caller, id_: str, draft: Draft, *, send_now: bool) -> Kept:
    """Store the draft under this id; a code that another referral has is drawn again.

    Raises AlreadyExists when the id is known.
    """
    now = deps.clock()
    check_consent(draft.consent, draft.priority, draft.private, now)
    if send_now and not draft.shortlist:
        wrong = FieldError("/shortlist", "Name at least one facility.", "required")
        raise Invalid("To send at once, name a facility.", errors=[wrong])
    referral = _written(deps, caller, id_, draft, now)
    for _ in range(_DRAWS):
        try:
            kept = deps.referrals.create(_decided(deps, referral, now, send_now=send_now), caller)
        except CodeTaken:
            referral = replace(referral, code=new_code())
        else:
            count_offers(kept.referral if kept.replayed else None, kept.referral, now)
            return kept
    raise WorldIsDown("No free code was found; try again.")


def _decided(deps: Deps, referral: Referral, now: datetime, *, send_now: bool) -> Decided:
    written = created(referral)
    if not send_now:
        return written
    to = destination(deps, referral, referral.shortlist[0], now)
    sent = send(referral, to, now, deps.respond_by)
    return written.then(sent.referral, *sent.events)


def _written(deps: Deps, caller: Caller, id_: str, draft: Draft, now: datetime) -> Referral:
    key = deps.vault.new_key()
    return Referral(
        id=id_,
        code=new_code(),
        kind=Kind.MEDICAL,
        priority=draft.priority,
        service_code=draft.service_code,
        status=ReferralStatus.DRAFT,
        from_facility_id=draft.from_facility_id,
        requested_by=caller.subject,
        person_id=new_id("per"),
        person_key=key,
        case_code=draft.case_code or new_case_code(),
        consent=draft.consent,
        created_at=now,
        private=deps.vault.seal(key, draft.private) if draft.private else None,
        age_band=draft.age_band,
        reason_code=draft.reason_code,
        requirements=draft.requirements,
        shortlist=draft.shortlist,
        auto_forward=draft.auto_forward,
        recognised_by=hashes(deps, draft.private, draft.case_code, draft.from_facility_id),
    )


def hashes(
    deps: Deps, private: Mapping[str, Any], case_code: str | None, facility_id: str
) -> tuple[bytes, ...]:
    """The keyed hashes by which the same person is recognised in another referral."""
    return tuple(map(deps.lookup.of, recognised_by(private, case_code, facility_id)))
