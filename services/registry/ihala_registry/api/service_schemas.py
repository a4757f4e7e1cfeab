"""Services at facilities."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from ihala.http import Answer, Body, complain, fields
from ihala_registry.api.bodies import OpeningHoursBody
from ihala_registry.api.report_schemas import CapacityAnswer
from ihala_registry.domain.taxonomy import ServiceKind
from ihala_registry.domain.vocabulary import Availability, Cause, Sex


class EligibilityBody(Body):
    """Whom the service is for; what is absent does not limit. Ages in whole years, inclusive."""

    min_age = fields.Integer(minimum=0, maximum=130)
    max_age = fields.Integer(minimum=0, maximum=130)
    sex = fields.Choice(Sex)
    groups = fields.ListOf(fields.Code(), max_items=20, unique=True)
    text = fields.LocalisedText(max_length=300)

    @ma.validates_schema
    def _ages_in_order(self, value: dict[str, Any], **_: Any) -> None:
        if value.get("min_age", 0) > value.get("max_age", 130):
            wrong = complain("out_of_range", "Must not be less than min_age.")
            raise ma.ValidationError({"max_age": wrong.messages})


class ServiceBody(Body):
    """A service at a facility; ``causes`` of it not being fully available, the main one first."""

    availability = fields.Choice(Availability, required=True)
    causes = fields.ListOf(fields.Choice(Cause), max_items=6, unique=True)
    eligibility = fields.Nested(EligibilityBody)
    languages = fields.ListOf(fields.Language(), max_items=20, unique=True)
    cost = fields.LocalisedText(max_length=500)
    required_documents = fields.ListOf(fields.LocalisedText(), max_items=20)
    referral_required = fields.Flag(load_default=False)
    appointment_required = fields.Flag(load_default=False)
    schedule = fields.ListOf(fields.Nested(OpeningHoursBody), max_items=20)


class ServiceAnswer(ServiceBody):
    """A service as it stands, with its capacity as it reads now."""

    code = fields.Code(required=True)
    assured_at = fields.UtcDateTime()
    assured_by = fields.Text(max_length=255)
    capacity = fields.Nested(CapacityAnswer, required=True, allow_none=True)


class ServiceTypeAnswer(Answer):
    """A code of the taxonomy."""

    code = fields.Code(required=True)
    kind = fields.Choice(ServiceKind, required=True)
    name = fields.LocalisedText(required=True)
    active = fields.Flag(required=True)


class TaxonomyAnswer(Answer):
    """All codes, with the version of the list."""

    version = fields.Text(required=True)
    items = fields.ListOf(fields.Nested(ServiceTypeAnswer), required=True, max_items=1000)
