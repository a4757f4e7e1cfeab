"""/v1/referrals: write down, list, read, change; what may be done and what was."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from ihala.caller import Role
from ihala.http import (
    Answer,
    Blueprint,
    Body,
    PageQuery,
    answer,
    current_caller,
    expected_version,
    fields,
    paging,
    permit,
    wired,
)
from ihala_referrals.api.answers import ReferralAnswer, shown
from ihala_referrals.api.bodies import EXAMPLE, NewReferral, PersonBody, ReferralChange
from ihala_referrals.api.parsing import changes_of, draft_of, private_of, refused
from ihala_referrals.domain.words import OfferStatus, Priority, ReferralStatus
from ihala_referrals.store.queries import Direction, Wanted
from ihala_referrals.usecases.acting_on import Target
from ihala_referrals.usecases.creating import create_referral
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.listing import actions_of, duplicates, history_of, list_referrals
from ihala_referrals.usecases.revising import revise_referral
from ihala_referrals.usecases.viewing import View, read

STAFF = (Role.CLINIC, Role.PROTECTION, Role.MACHINE)
READERS = (*STAFF, Role.COORDINATOR)

referrals = Blueprint(
    "referrals",
    __name__,
    url_prefix="/v1/referrals",
    description="A person's need, put to one facility after another until somebody takes it up.",
)


def answered(view: View, status: int = 200) -> Response:
    """The referral with its ETag, and, when it was just made, its address."""
    location = f"/v1/referrals/{view.referral.id}" if status == 201 else None
    return answer(
        shown(view), status, version=view.version, location=location, replayed=view.replayed
    )


@referrals.post("")
@permit(*STAFF)
@referrals.body(NewReferral, example=EXAMPLE)
@referrals.response(201, ReferralAnswer)
def write_down(body: dict[str, Any]) -> Response:
    """Write a referral down, and send it at once with `send`."""
    deps, caller = wired(Deps), current_caller()
    draft = draft_of(body, caller, deps.clock())
    return answered(create_referral(deps, caller, draft, send_now=body["send"]), 201)


class ListQuery(PageQuery):
    """Which referrals to list."""

    direction = fields.Choice(Direction)
    facility_id = fields.Id("fac")
    status = fields.Choice(
        [*ReferralStatus, *OfferStatus],
        metadata={"description": "Of the referral; with direction=incoming, of the offer to you."},
    )
    priority = fields.Choice(Priority)
    service_code = fields.Code()
    code = fields.Text(max_length=20, metadata={"description": "As read aloud or typed."})
    review = fields.Choice(("consent_override",))


@referrals.get("")
@permit(*READERS)
@referrals.page(ReferralAnswer, ListQuery)
def list_some(query: dict[str, Any]) -> Response:
    """List the referrals that concern you, newest first; nobody's identity is in lists."""
    _check_status(query.get("direction"), query.get("status"))
    page = paging().asked(query.pop("limit"), query.pop("cursor", None))
    wanted = Wanted(reaches=(), **query)
    listed = list_referrals(wired(Deps), current_caller(), wanted, page.limit, page.after)
    return paging().answer([shown(view) for view in listed.views], listed.next)


def _check_status(direction: Direction | None, status: Any) -> None:
    """An offer's status is asked of incoming referrals, a referral's of the others."""
    known: Any = OfferStatus if direction is Direction.INCOMING else ReferralStatus
    if status is not None and not isinstance(status, known):
        allowed = ", ".join(known)
        raise refused("status", f"Must be one of {allowed} here.", "not_allowed")


@referrals.get("/<id('ref'):referral_id>")
@permit(*READERS)
@referrals.response(200, ReferralAnswer)
def read_one(referral_id: str) -> Response:
    """Read one referral. Reading changes nothing: see `open` for what staff do first."""
    return answered(read(wired(Deps), current_caller(), referral_id))


@referrals.patch("/<id('ref'):referral_id>")
@permit(*STAFF)
@referrals.body(ReferralChange)
@referrals.response(200, ReferralAnswer)
def revise_one(body: dict[str, Any], referral_id: str) -> Response:
    """Change a draft; of an active referral only consent, shortlist and auto_forward."""
    deps, caller = wired(Deps), current_caller()
    target = Target(referral_id, expected_version())
    changes = changes_of(body, caller, deps.clock())
    return answered(revise_referral(deps, caller, target, changes, private_of(body)))


class ActionAnswer(Answer):
    """One thing that can be done, and where."""

    action = ma.fields.String(required=True)
    offer = fields.Integer(allow_none=True)
    recorded_by_phone = fields.Flag(
        metadata={"description": "Only as what the receiver said on the phone, with a witness."}
    )
    method = ma.fields.String(required=True)
    href = ma.fields.String(required=True)


class ActionsAnswer(Answer):
    """What the caller may do now."""

    actions = ma.fields.List(ma.fields.Nested(ActionAnswer), required=True)


@referrals.get("/<id('ref'):referral_id>/actions")
@permit(*READERS)
@referrals.response(200, ActionsAnswer)
def list_actions(referral_id: str) -> Response:
    """List what you may do with the referral now."""
    version, possible = actions_of(wired(Deps), current_caller(), referral_id)
    actions = [
        {
            "action": one.action,
            "offer": one.offer,
            "recorded_by_phone": one.by_phone,
            **_address(referral_id, one.action, one.offer),
        }
        for one in possible
    ]
    return answer({"actions": actions}, version=version)


def _address(referral_id: str, action: str, offer: int | None) -> dict[str, str]:
    base = f"/v1/referrals/{referral_id}"
    if action == "revise":
        return {"method": "PATCH", "href": base}
    place = base if offer is None else f"{base}/offers/{offer}"
    return {"method": "POST", "href": f"{place}/{action.replace('_', '-')}"}


class HistoryEntry(Answer):
    """One event, as it also travels to other services."""

    seq = fields.Integer(required=True)
    id = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    time = fields.UtcDateTime(required=True)
    actor = ma.fields.String(required=True)
    data = ma.fields.Dict(allow_none=True)
    correlation_id = ma.fields.String()


class HistoryAnswer(Answer):
    """What has happened, oldest first."""

    history = ma.fields.List(ma.fields.Nested(HistoryEntry), required=True)


@referrals.get("/<id('ref'):referral_id>/history")
@permit(*READERS)
@referrals.response(200, HistoryAnswer)
def read_history(referral_id: str) -> Response:
    """Read what has happened and who did it; a receiver reads what concerns its own offers."""
    events = history_of(wired(Deps), current_caller(), referral_id)
    names = HistoryEntry().fields
    history = [{name: event[name] for name in names if name in event} for event in events]
    return answer({"history": history})


class DuplicateQuestion(Body):
    """A person and a service, before a referral is written down."""

    service_code = fields.Code(required=True)
    person = ma.fields.Nested(PersonBody, required=True)


class DuplicateAnswer(Answer):
    """A referral that is under way for the same person and service."""

    id = fields.Id("ref", required=True)
    code = ma.fields.String(required=True)
    status = fields.Choice(ReferralStatus, required=True)
    priority = fields.Choice(Priority, required=True)
    from_facility_id = fields.Id("fac", required=True)
    created_at = fields.UtcDateTime(required=True)


class DuplicatesAnswer(Answer):
    """What is under way already."""

    duplicates = ma.fields.List(ma.fields.Nested(DuplicateAnswer), required=True)


@referrals.post("/duplicates")
@permit(*STAFF)
@referrals.body(DuplicateQuestion)
@referrals.response(200, DuplicatesAnswer)
def find_duplicates(body: dict[str, Any]) -> Response:
    """Ask, before filling the form, whether your facilities refer this person already."""
    person = body["person"]
    found = duplicates(
        wired(Deps),
        current_caller(),
        body["service_code"],
        private_of(body),
        person.get("case_code"),
    )
    names = DuplicateAnswer().fields
    return answer({"duplicates": [{name: getattr(it, name) for name in names} for it in found]})
