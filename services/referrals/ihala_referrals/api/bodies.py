"""What callers send: a referral, a person, a consent."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from ihala.http import Body, complain, fields
from ihala_referrals.domain.consent import DISCLOSABLE, ConsentStatus, GivenBy, OverrideReason
from ihala_referrals.domain.words import Priority

CONTACT_CHANNELS = ("sms", "call", "whatsapp", "telegram", "email", "in_person")
SEXES = ("female", "male", "other", "unknown")
_MAX_WORDS = 4000


class SafeContact(Body):
    """How the person can be reached without harm."""

    channel = fields.Choice(CONTACT_CHANNELS, required=True)
    value = fields.Text(max_length=254, allow_none=True)
    hours = fields.Text(max_length=100, allow_none=True, metadata={"example": "10:00-14:00"})
    language = fields.Choice(("ar", "fr", "en"), allow_none=True)
    shared_device = fields.Flag(load_default=False)


class Guardian(Body):
    """Who cares for the person."""

    name = fields.Text(max_length=200, required=True)
    relation = fields.Code(allow_none=True)
    phone = fields.Phone(allow_none=True)


class PersonBody(Body):
    """The person: a case code, and identity as far as it is needed. Identity is encrypted."""

    case_code = fields.Text(max_length=40, allow_none=True)
    name = fields.Text(max_length=200, allow_none=True)
    sex = fields.Choice(SEXES, allow_none=True)
    birth_date = fields.Day(allow_none=True)
    age = fields.Integer(minimum=0, maximum=130, allow_none=True)
    phone = fields.Phone(allow_none=True)
    languages = fields.ListOf(fields.Language(), max_items=10, unique=True, allow_none=True)
    address = fields.Text(
        max_length=20,
        pattern=r"^[A-Za-z0-9]{2,20}$",
        allow_none=True,
        metadata={"description": "A p-code."},
    )
    guardian = ma.fields.Nested(Guardian, allow_none=True)
    disabilities = fields.ListOf(fields.Code(), max_items=20, unique=True, allow_none=True)
    safe_contact = ma.fields.Nested(SafeContact, allow_none=True)


class ScopeBody(Body):
    """Which fields one receiver may see once it has accepted."""

    facility_id = fields.Id("fac")
    organisation_id = fields.Id("org")
    fields_ = fields.ListOf(
        fields.Choice(DISCLOSABLE), max_items=len(DISCLOSABLE), data_key="fields", required=True
    )

    @ma.validates_schema
    def _one_receiver(self, value: dict[str, Any], **_: Any) -> None:
        if ("facility_id" in value) == ("organisation_id" in value):
            raise complain("required", "Name either a facility_id or an organisation_id.")


class OverrideBody(Body):
    """Why an emergency goes out without consent; somebody reviews it."""

    reason = fields.Choice(OverrideReason, required=True)


class ConsentBody(Body):
    """Who agreed to what."""

    status = fields.Choice([ConsentStatus.GIVEN, ConsentStatus.REFUSED], required=True)
    given_by = fields.Choice(GivenBy, load_default=GivenBy.INDIVIDUAL)
    at = fields.UtcDateTime()
    scope = ma.fields.Nested(
        ScopeBody, many=True, required=True, validate=ma.validate.Length(max=50)
    )
    expires = fields.UtcDateTime(allow_none=True)
    document = fields.Text(max_length=200, allow_none=True)
    version = fields.Text(max_length=40, allow_none=True)
    contact = fields.Flag(
        load_default=False,
        metadata={"description": "The person may be contacted about the referral."},
    )
    override = ma.fields.Nested(OverrideBody, allow_none=True)


class WrittenDown(Body):
    """What a referral says, whoever it is sent to."""

    reason_code = fields.Code(allow_none=True)
    reason = fields.Text(max_length=_MAX_WORDS, multiline=True, allow_none=True)
    clinical_summary = fields.Text(max_length=20_000, multiline=True, allow_none=True)
    requirements = fields.ListOf(fields.Code(), max_items=20, unique=True)
    person = ma.fields.Nested(PersonBody)
    consent = ma.fields.Nested(ConsentBody)
    shortlist = fields.ListOf(
        fields.Id("fac"),
        max_items=20,
        unique=True,
        metadata={"description": "Facilities to ask, in this order."},
    )
    auto_forward = fields.Flag(
        metadata={"description": "After a no, ask the next facility of the shortlist at once."}
    )


class NewReferral(WrittenDown):
    """A referral to write down, and to send at once with ``send``."""

    kind = fields.Choice(("medical", "protection"), load_default="medical")
    priority = fields.Choice(Priority, required=True)
    service_code = fields.Code(required=True)
    from_facility_id = fields.Id(
        "fac", metadata={"description": "Needed only when you work at several facilities."}
    )
    send = fields.Flag(load_default=False)

    @ma.validates_schema
    def _medical(self, value: dict[str, Any], **_: Any) -> None:
        if value.get("kind") == "protection":
            raise ma.ValidationError(
                {
                    "kind": complain(
                        "not_available", "Protection referrals are not available yet."
                    ).messages
                }
            )


class ReferralChange(WrittenDown):
    """Fields to change; what is not named stays, and null forgets a fact of the person."""

    priority = fields.Choice(Priority)
    service_code = fields.Code()


class ByPhone(Body):
    """Who at the receiving facility said it on the phone."""

    witness = fields.Text(max_length=200, required=True)


EXAMPLE: dict[str, Any] = {
    "priority": "urgent",
    "service_code": "dialysis",
    "reason": "Missed two sessions",
    "person": {
        "case_code": "HD-0917",
        "name": "مريم الأحمد",
        "sex": "female",
        "birth_date": "1968-04-02",
        "phone": "+963944123456",
    },
    "consent": {
        "status": "given",
        "given_by": "individual",
        "scope": [
            {
                "facility_id": "fac_06f2m8q5w3x7v9t1a4b6c8d0e",
                "fields": ["name", "sex", "birth_date", "phone", "reason", "clinical_summary"],
            }
        ],
        "contact": True,
    },
    "shortlist": ["fac_06f2m8q5w3x7v9t1a4b6c8d0e"],
    "send": True,
}
