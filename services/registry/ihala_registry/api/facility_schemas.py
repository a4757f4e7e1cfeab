"""What callers say of facilities, and what they are told."""

from __future__ import annotations

import marshmallow as ma

from ihala.http import Answer, Body, PageQuery, complain, fields
from ihala_registry.api.bodies import (
    PCODE,
    AdminBody,
    ContactBody,
    IdentifierBody,
    LocationBody,
    OpeningHoursBody,
    SupportBody,
    TimeZone,
)
from ihala_registry.api.report_schemas import StatusAnswer
from ihala_registry.api.service_schemas import ServiceAnswer
from ihala_registry.domain.facility import BEGINNINGS
from ihala_registry.domain.folding import fold
from ihala_registry.domain.places import Precision
from ihala_registry.domain.taxonomy import SERVICE_TYPES
from ihala_registry.domain.vocabulary import (
    FacilityType,
    Functionality,
    Lifecycle,
    Modality,
    Sensitivity,
    Tier,
)


class FacilityBody(Body):
    """A facility as its editors describe it."""

    name = fields.LocalisedText(required=True)
    type = fields.Choice(FacilityType, required=True)
    location = fields.Nested(LocationBody)
    identifiers = fields.ListOf(fields.Nested(IdentifierBody), max_items=20, unique=True)
    aliases = fields.ListOf(fields.Text(), max_items=20, unique=True)
    tier = fields.Choice(Tier)
    modality = fields.Choice(Modality)
    managing_organisation_id = fields.Id("org")
    supporting_organisations = fields.ListOf(fields.Nested(SupportBody), max_items=50)
    contacts = fields.ListOf(fields.Nested(ContactBody), max_items=20)
    catchment_population = fields.Integer(minimum=0, maximum=100_000_000)
    opening_hours = fields.ListOf(fields.Nested(OpeningHoursBody), max_items=20)
    time_zone = TimeZone()
    languages = fields.ListOf(fields.Language(), max_items=20, unique=True)


class NewFacility(FacilityBody):
    """A facility to register."""

    lifecycle = fields.Choice(
        [state.value for state in BEGINNINGS], load_default=Lifecycle.OPERATIONAL.value
    )


class FacilityPatch(Body):
    """A JSON merge patch (RFC 7396) of a facility: what is absent stays, null removes."""

    name = fields.Raw(allow_none=True)
    type = fields.Raw(allow_none=True)
    location = fields.Raw(allow_none=True)
    identifiers = fields.Raw(allow_none=True)
    aliases = fields.Raw(allow_none=True)
    tier = fields.Raw(allow_none=True)
    modality = fields.Raw(allow_none=True)
    managing_organisation_id = fields.Raw(allow_none=True)
    supporting_organisations = fields.Raw(allow_none=True)
    contacts = fields.Raw(allow_none=True)
    catchment_population = fields.Raw(allow_none=True)
    opening_hours = fields.Raw(allow_none=True)
    time_zone = fields.Raw(allow_none=True)
    languages = fields.Raw(allow_none=True)


class LifecycleMove(Body):
    """Where a facility's life goes, and why."""

    to = fields.Choice(Lifecycle, required=True)
    reason = fields.Text(max_length=500, required=True)


class FacilityQuery(PageQuery):
    """What to look for; all conditions must hold."""

    type = fields.Several(fields.Choice(FacilityType))
    service = fields.Code(metadata={"description": "A code of /v1/service-types."})
    area = fields.Text(
        pattern=PCODE, metadata={"description": "A p-code of any level, or a country."}
    )
    q = fields.Text(
        max_length=100,
        metadata={"description": "Beginnings of words of the names, in any script and spelling."},
    )
    near = fields.LatLon()
    radius_m = fields.Integer(minimum=1, maximum=500_000)
    lifecycle = fields.Several(fields.Choice(Lifecycle))
    functionality = fields.Several(fields.Choice(Functionality))
    updated_since = fields.UtcDateTime()

    @ma.validates_schema
    def _makes_sense(self, query: dict[str, object], **_: object) -> None:
        if "radius_m" in query and "near" not in query:
            raise ma.ValidationError(
                {"radius_m": complain("needs_near", "Counts from near: give both.").messages}
            )
        if "q" in query and not fold(str(query["q"])):
            no_word = complain("wrong_format", "Must hold a letter or a digit.")
            raise ma.ValidationError({"q": no_word.messages})
        if "service" in query and query["service"] not in SERVICE_TYPES:
            unknown = complain("unknown", "Is no service; GET /v1/service-types lists them all.")
            raise ma.ValidationError({"service": unknown.messages})


class LocationAnswer(Answer):
    """The place as published; who may see everything gets the place itself as well."""

    sensitivity = fields.Choice(Sensitivity, required=True)
    precision = fields.Choice(Precision, required=True)
    admin = fields.Nested(AdminBody, required=True)
    point = fields.Point(allow_none=True, required=True)
    address = fields.Text(max_length=300, allow_none=True, required=True)
    published_point = fields.Point(allow_none=True)


class FacilityAnswer(FacilityBody):
    """A facility; what is not known is left out."""

    id = fields.Id("fac", required=True)
    version = fields.Integer(required=True)
    location = fields.Nested(LocationAnswer, required=True)
    lifecycle = fields.Choice(Lifecycle, required=True)
    status = fields.Nested(StatusAnswer, required=True, allow_none=True)
    services = fields.ListOf(fields.Nested(ServiceAnswer), required=True, max_items=1000)
    created_at = fields.UtcDateTime(required=True)
    updated_at = fields.UtcDateTime(required=True)
    distance_m = fields.Integer(
        metadata={"description": "From near to the published point; whole km for coarse ones."}
    )


class HistoryAnswer(Answer):
    """Something that happened to the facility; ``actor`` is for who may see everything."""

    seq = fields.Integer(required=True)
    id = fields.Text(required=True)
    type = fields.Text(required=True)
    time = fields.UtcDateTime(required=True)
    data = fields.Dict(required=True)
    actor = fields.Text(max_length=255)
