"""/v1/referrals/{id}/offers/{number}/{action}: the moves of the table, one endpoint each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response

from ihala.http import Body, complain, current_caller, fields, permit, wired
from ihala_referrals.api.answers import ReferralAnswer
from ihala_referrals.api.bodies import ByPhone
from ihala_referrals.api.progress import Withdraw, target
from ihala_referrals.api.referrals import STAFF, answered, referrals
from ihala_referrals.domain.acting import Particulars
from ihala_referrals.domain.referral import Decline
from ihala_referrals.domain.table import MOVES, Action
from ihala_referrals.domain.words import DeclinedBy, DeclineReason, Outcome
from ihala_referrals.usecases.acting_on import Said, act_on_offer
from ihala_referrals.usecases.deps import Deps

_MAX_WAIT_DAYS = 1000


def _note(*, required: bool = False) -> fields.Text:
    return fields.Text(max_length=20_000, multiline=True, required=required)


def _phoned() -> ma.fields.Nested:
    said = {"description": "The receiver said so on the phone; its name for whoever said it."}
    return ma.fields.Nested(ByPhone, metadata=said)


class Noted(Body):
    """A few words, if there are any to say."""

    note = _note()


class Answered(Noted):
    """An answer that may also be recorded by phone."""

    recorded_by_phone = _phoned()


class Written(Body):
    """Words that must be there."""

    note = _note(required=True)


class Accept(Answered):
    """Yes, and when the person is expected."""

    expected_on = fields.Day()


class DeclineBody(Answered):
    """No, and why."""

    reason = fields.Choice(DeclineReason, required=True)
    declined_by = fields.Choice(DeclinedBy)
    suggested_facility_id = fields.Id("fac")

    @ma.validates_schema
    def _other_needs_words(self, value: dict[str, Any], **_: Any) -> None:
        if value.get("reason") is DeclineReason.OTHER and not value.get("note"):
            wrong = complain("required", "Say why, when the reason is other.").messages
            raise ma.ValidationError({"note": wrong})


class Waitlist(Answered):
    """Later, and how much later."""

    expected_wait_days = fields.Integer(minimum=0, maximum=_MAX_WAIT_DAYS)


class Schedule(Answered):
    """An appointment."""

    scheduled_at = fields.UtcDateTime(required=True)


class Complete(Noted):
    """The counter-referral: how it ended, and what the sender should know."""

    outcome = fields.Choice(Outcome, required=True)


_BODIES: dict[Action, type[Body]] = {
    Action.ACKNOWLEDGE: Answered,
    Action.ACCEPT: Accept,
    Action.DECLINE: DeclineBody,
    Action.REQUEST_INFORMATION: Written,
    Action.PROVIDE_INFORMATION: Written,
    Action.WAITLIST: Waitlist,
    Action.SCHEDULE: Schedule,
    Action.RESCHEDULE: Schedule,
    Action.NO_SHOW: Noted,
    Action.ARRIVE: Noted,
    Action.INTERIM_NOTE: Written,
    Action.COMPLETE: Complete,
    Action.WITHDRAW: Withdraw,
    Action.REQUEST_CANCELLATION: Withdraw,
    Action.CONFIRM_CANCELLATION: Answered,
}
"""What each move takes. Expiry is the system's own, and void concerns the whole referral."""


def _said(body: dict[str, Any]) -> Said:
    phoned = body.get("recorded_by_phone")
    particulars = Particulars(
        expected_on=body["expected_on"].isoformat() if "expected_on" in body else None,
        scheduled_at=body.get("scheduled_at"),
        expected_wait_days=body.get("expected_wait_days"),
        decline=_decline(body) if isinstance(body.get("reason"), DeclineReason) else None,
        outcome=body.get("outcome"),
        reason=str(body["reason"]) if "reason" in body else None,
    )
    return Said(particulars, body.get("note"), phoned and phoned["witness"])


def _decline(body: dict[str, Any]) -> Decline:
    reason = body["reason"]
    of_client = reason is DeclineReason.CLIENT_DECLINED
    by = body.get("declined_by", DeclinedBy.CLIENT if of_client else DeclinedBy.PROVIDER)
    return Decline(reason, by, body.get("suggested_facility_id"))


def _endpoint(action: Action, schema: type[Body]) -> Callable[..., Response]:
    def view(body: dict[str, Any], referral_id: str, number: int) -> Response:
        on = target(referral_id, number)
        return answered(act_on_offer(wired(Deps), current_caller(), on, action, _said(body)))

    view.__name__ = f"{action}_offer"
    view.__doc__ = _described(action)
    permitted = referrals.response(200, ReferralAnswer)(referrals.body(schema)(view))
    return permit(*STAFF)(permitted)


def _described(action: Action) -> str:
    move = MOVES[action]
    who = " or ".join(sorted(move.by))
    start = ", ".join(sorted(move.start))
    phone = " The sender may record it by phone." if move.by_phone else ""
    return f"{str(action).replace('_', ' ').capitalize()} ({who}): {start} → {move.end}.{phone}"


for _action, _schema in _BODIES.items():
    _path = f"/<id('ref'):referral_id>/offers/<ordinal:number>/{_action.replace('_', '-')}"
    referrals.post(_path)(_endpoint(_action, _schema))
