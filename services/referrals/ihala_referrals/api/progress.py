"""/v1/referrals/{id}/…: what is done with a referral as a whole."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import Body, current_caller, expected_version, fields, permit, wired
from ihala_referrals.api.answers import ReferralAnswer
from ihala_referrals.api.referrals import READERS, STAFF, answered, referrals
from ihala_referrals.domain.acting import Particulars
from ihala_referrals.domain.words import UnmetReason, VoidReason, WithdrawReason
from ihala_referrals.usecases import acting_on
from ihala_referrals.usecases.acting_on import Said, Target
from ihala_referrals.usecases.deps import Deps

SUPERVISED = (*STAFF, Role.COORDINATOR)


def target(referral_id: str, number: int = 0) -> Target:
    """What the request acts on, with the version that If-Match names, if any."""
    return Target(referral_id, expected_version(required=False), number)


class Send(Body):
    """Whom to ask; without a facility, the next one on the shortlist."""

    facility_id = fields.Id("fac")


@referrals.post("/<id('ref'):referral_id>/open")
@permit(*READERS)
@referrals.response(200, ReferralAnswer)
def open_one(referral_id: str) -> Response:
    """Read as staff do: an offer to your facility that nobody has seen counts as received."""
    return answered(acting_on.open_referral(wired(Deps), current_caller(), target(referral_id)))


@referrals.post("/<id('ref'):referral_id>/send")
@permit(*STAFF)
@referrals.body(Send, example={"facility_id": "fac_06f2m8q5w3x7v9t1a4b6c8d0e"})
@referrals.response(200, ReferralAnswer)
def send_one(body: dict[str, Any], referral_id: str) -> Response:
    """Send an offer to a facility; no offer leaves without consent."""
    facility_id = body.get("facility_id")
    view = acting_on.send_offer(wired(Deps), current_caller(), target(referral_id), facility_id)
    return answered(view)


class Withdraw(Body):
    """Why the offer is taken back."""

    reason = fields.Choice(WithdrawReason, load_default=WithdrawReason.OTHER)
    note = fields.Text(max_length=4000, multiline=True)


@referrals.post("/<id('ref'):referral_id>/withdraw")
@permit(*STAFF)
@referrals.body(Withdraw)
@referrals.response(200, ReferralAnswer)
def withdraw_one(body: dict[str, Any], referral_id: str) -> Response:
    """Take back the open offer; the referral stays active."""
    said = Said(Particulars(reason=str(body["reason"])), note=body.get("note"))
    view = acting_on.withdraw_offer(wired(Deps), current_caller(), target(referral_id), said)
    return answered(view)


@referrals.post("/<id('ref'):referral_id>/close")
@permit(*STAFF)
@referrals.response(200, ReferralAnswer)
def close_one(referral_id: str) -> Response:
    """Close the loop: the counter-referral was read."""
    return answered(acting_on.close_referral(wired(Deps), current_caller(), target(referral_id)))


class GiveUp(Body):
    """Why the need stays unmet."""

    reason = fields.Choice(UnmetReason, required=True)
    note = fields.Text(max_length=4000, multiline=True)


@referrals.post("/<id('ref'):referral_id>/give-up")
@permit(*STAFF)
@referrals.body(GiveUp, example={"reason": "nobody_left"})
@referrals.response(200, ReferralAnswer)
def give_up_one(body: dict[str, Any], referral_id: str) -> Response:
    """Give up: nobody could help, and the need counts as unmet."""
    view = acting_on.give_up(
        wired(Deps), current_caller(), target(referral_id), body["reason"], body.get("note")
    )
    return answered(view)


class Void(Body):
    """Why the need is gone."""

    reason = fields.Choice(VoidReason, required=True)
    note = fields.Text(max_length=4000, multiline=True)


@referrals.post("/<id('ref'):referral_id>/void")
@permit(*SUPERVISED)
@referrals.body(Void, example={"reason": "admitted_elsewhere"})
@referrals.response(200, ReferralAnswer)
def void_one(body: dict[str, Any], referral_id: str) -> Response:
    """Cancel the referral, and its open offer, because the need is gone."""
    view = acting_on.void_referral(
        wired(Deps), current_caller(), target(referral_id), body["reason"], body.get("note")
    )
    return answered(view)


@referrals.post("/<id('ref'):referral_id>/withdraw-consent")
@permit(*SUPERVISED)
@referrals.response(200, ReferralAnswer)
def withdraw_consent(referral_id: str) -> Response:
    """Record that the consent was taken back: disclosure stops, what is open is cancelled."""
    return answered(acting_on.withdraw_consent(wired(Deps), current_caller(), target(referral_id)))
