"""Contracts of what referrals say, and of what others ask of them: no names, no clinical text."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length

from ihala.events.contracts.contract import Contract
from ihala.events.contracts.fields import (
    PRIORITIES,
    choice,
    count,
    id_,
    many,
    moment,
    nested,
    short_text,
    word,
)

DECLINE_REASONS = (
    "no_capacity",
    "service_not_available",
    "not_eligible",
    "facility_not_functioning",
    "no_access",
    "wrong_destination",
    "duplicate",
    "client_declined",
    "unreachable",
    "insufficient_information",
    "other",
)
REFERRAL_STATUS = ("draft", "active", "fulfilled", "unmet", "cancelled")
OFFER_STATUS = (
    "sent",
    "received",
    "info_requested",
    "waitlisted",
    "accepted",
    "declined",
    "scheduled",
    "no_show",
    "in_care",
    "completed",
    "cancelling",
    "withdrawn",
    "expired",
)


class Offer(Schema):
    """The need as it was put to one facility."""

    number = count(required=True, minimum=1)
    to_facility_id = id_(required=True)
    status = choice(*OFFER_STATUS, required=True)
    respond_by = moment(null=True)
    expected_on = fields.Date(allow_none=True)
    scheduled_at = moment(null=True)


class OfReferral(Schema):
    """What every referral event carries: enough to tell whoever must know, and no more."""

    referral_id = id_(required=True)
    code = word(required=True)
    kind = choice("medical", "protection", required=True)
    priority = choice(*PRIORITIES, required=True)
    service_code = word(required=True)
    from_facility_id = id_(required=True)
    requested_by = id_(required=True)
    status = choice(*REFERRAL_STATUS, required=True)
    offer = nested(Offer, null=True)
    contact_id = id_(null=True)
    recorded_by_phone = fields.Boolean()


class Declined(OfReferral):
    """The receiver said no, and why."""

    reason = choice(*DECLINE_REASONS, required=True)
    declined_by = choice("provider", "client", required=True)
    suggested_facility_id = id_(null=True)


class Waitlisted(OfReferral):
    """The receiver will take the person later."""

    expected_wait_days = count(null=True)


class Completed(OfReferral):
    """The visit is over: the counter-referral is there to be read."""

    outcome = word(required=True)


class Closed(OfReferral):
    """The loop is closed."""

    by = choice("sender", "system", required=True)


class WithReason(OfReferral):
    """Something ended, for a reason from a list."""

    reason = word()


class Revised(OfReferral):
    """What the sender wrote down was changed: which fields, never what they say."""

    fields_ = fields.List(word(), data_key="fields", required=True, validate=Length(max=40))


class ContactWithdrawn(Schema):
    """Nothing: the event is a tombstone."""


class ContactGranted(Schema):
    """How a consenting person may be reached, sealed so that only notifications can open it."""

    person_id = id_(required=True)
    jwe = short_text(required=True, max_length=4000)


class ConsentFacts(Schema):
    """That consent was given, by whom and when; not what it says."""

    status = choice("given", "refused", "withdrawn", required=True)
    given_by = choice("individual", "caregiver", "other", required=True)
    at = moment(required=True)
    expires = moment(null=True)


class Requested(Schema):
    """Another system asks for a referral; identity is added later, through the API."""

    service_code = word(required=True)
    priority = choice(*PRIORITIES, required=True)
    from_facility_id = id_(required=True)
    shortlist = many(id_(required=True), required=True, max_length=20)
    case_code = short_text(max_length=40)
    reason_code = word()
    requirements = many(word(), max_length=20)
    consent = nested(ConsentFacts, required=True)
    send = fields.Boolean()


_OFFER: dict[str, Any] = {
    "number": 1,
    "to_facility_id": "fac_00example0dialysis0centre",
    "status": "accepted",
    "respond_by": "2026-03-02T09:30:00.000Z",
    "expected_on": "2026-03-03",
    "scheduled_at": None,
}
_BASE: dict[str, Any] = {
    "referral_id": "ref_00example000000000000000",
    "code": "7K3Q-2",
    "kind": "medical",
    "priority": "urgent",
    "service_code": "dialysis",
    "from_facility_id": "fac_00example00000primarycare",
    "requested_by": "example-clinic",
    "status": "active",
    "offer": _OFFER,
    "contact_id": None,
}
_EVENTS = "referrals.events"


def _event(name: str, doc: str, schema: type[Schema] = OfReferral, **more: Any) -> Contract:
    return Contract(f"referral.{name}", _EVENTS, doc, schema, {**_BASE, **more})


CONTRACTS = (
    _event("created", "A referral was written down; no facility was asked yet.", offer=None),
    _event("revised", "The sender changed what was written down.", Revised, fields=["shortlist"]),
    _event("sent", "An offer was put to a facility."),
    _event("received", "The receiver has seen the offer."),
    _event("accepted", "The receiver takes the person."),
    _event(
        "declined",
        "The receiver said no.",
        Declined,
        reason="no_capacity",
        declined_by="provider",
        suggested_facility_id=None,
    ),
    _event("information_requested", "The receiver needs to know more."),
    _event("information_provided", "The sender answered."),
    _event(
        "waitlisted", "The receiver will take the person later.", Waitlisted, expected_wait_days=9
    ),
    _event("scheduled", "There is an appointment."),
    _event("no_show", "The person did not come."),
    _event("arrived", "The person is in care."),
    _event("interim_noted", "There is news of the care; the text is not on the topic."),
    _event(
        "completed", "The visit is over, with a counter-referral.", Completed, outcome="treated"
    ),
    _event("closed", "The sender has read the counter-referral.", Closed, by="sender"),
    _event("withdrawn", "The sender took the offer back.", WithReason, reason="found_elsewhere"),
    _event("cancellation_requested", "The sender asks to take back what was accepted."),
    _event(
        "expired",
        "Nobody answered in time, or the facility can no longer help.",
        WithReason,
        reason="no_answer",
    ),
    _event("respond_by_half", "Half of the time to answer is over."),
    _event("choice_needed", "The shortlist is exhausted: the sender must pick.", offer=None),
    _event("unmet", "Nobody could help.", WithReason, reason="nobody_left"),
    _event("cancelled", "The need is gone.", WithReason, reason="admitted_elsewhere"),
    _event(
        "consent_withdrawn",
        "The person took the consent back: disclosure stops, and contact ends.",
        offer=None,
    ),
    _event("person_erased", "The person's data can no longer be read by anybody.", offer=None),
    Contract(
        "contact.withdrawn",
        "referrals.contacts",
        "The person may no longer be contacted: a tombstone under the person's id.",
        ContactWithdrawn,
        {},
    ),
    Contract(
        "contact.granted",
        "referrals.contacts",
        "A person agreed to be contacted; sealed for notifications.",
        ContactGranted,
        {"person_id": "per_00example000000000000000", "jwe": "eyJhbGciOiJFQ0RILUVTIn0..example"},
    ),
    Contract(
        "referral.requested",
        "referrals.requests",
        "Another system asks for a referral.",
        Requested,
        {
            "service_code": "dialysis",
            "priority": "urgent",
            "from_facility_id": "fac_00example00000primarycare",
            "shortlist": ["fac_00example0dialysis0centre"],
            "case_code": "HIS-2291",
            "consent": {
                "status": "given",
                "given_by": "individual",
                "at": "2026-03-01T09:00:00.000Z",
            },
            "send": True,
        },
    ),
)
