"""Imports, their rows, and the profiles that say how a file is read."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from ihala.http import Answer, Body, PageQuery, Query, complain, fields
from ihala_registry.api.bodies import COUNTRY
from ihala_registry.domain.import_profile import FileFormat
from ihala_registry.domain.imports import ImportState, RowOutcome
from ihala_registry.domain.vocabulary import FacilityType, Language, Sensitivity


def _columns(minimum: int = 0) -> fields.ListOf:
    return fields.ListOf(fields.Text(), min_items=minimum, max_items=10, unique=True)


class IdentifierColumnsBody(Body):
    """The columns that together say which facility a row is."""

    system = fields.Text(required=True)
    columns = fields.ListOf(fields.Text(), min_items=1, max_items=5, unique=True, required=True)
    separator = fields.Text(max_length=5, load_default="/")


class NameColumnsBody(Body):
    """Columns with names, by language; ``mixed`` ones are told apart by script."""

    ar = _columns()
    fr = _columns()
    en = _columns()
    mixed = _columns()
    latin = fields.Choice(Language, load_default=Language.EN)
    aliases = _columns()
    placeholders = fields.ListOf(fields.Text(), max_items=50, unique=True)

    @ma.validates_schema
    def _some_column(self, value: dict[str, Any], **_: Any) -> None:
        if not any(value.get(name) for name in ("ar", "fr", "en", "mixed")):
            raise complain("required", "Name at least one column with names.")


class TypeColumnBody(Body):
    """The column with the type, and what its words mean; a type of ours means itself."""

    column = fields.Text(required=True)
    means = fields.Dict(
        keys=fields.Text(max_length=100),
        values=fields.Choice(FacilityType),
        validate=ma.validate.Length(max=200),
    )


class PlaceColumnsBody(Body):
    """Columns with the place; without ``lat`` and ``lon``, a GeoJSON feature's own point counts."""

    lat = fields.Text()
    lon = fields.Text()
    adm1 = fields.Text()
    adm2 = fields.Text()
    adm3 = fields.Text()
    adm4 = fields.Text()
    address = _columns()

    @ma.validates_schema
    def _both_or_none(self, value: dict[str, Any], **_: Any) -> None:
        if ("lat" in value) != ("lon" in value):
            raise complain("required", "Name both lat and lon, or neither.")


class ProfileBody(Body):
    """How the columns of a file map to facilities."""

    identifier = fields.Nested(IdentifierColumnsBody, required=True)
    name = fields.Nested(NameColumnsBody, required=True)
    type = fields.Nested(TypeColumnBody, required=True)
    place = fields.Nested(PlaceColumnsBody, required=True)
    phone = fields.Text()
    email = fields.Text()
    country = fields.Text(pattern=COUNTRY)
    sensitivity = fields.Choice(Sensitivity)
    delimiter = fields.Choice([",", ";", "|"], load_default=",")


class ProfileAnswer(Answer):
    """A profile under its name; version 0 is built in."""

    name = fields.Text(required=True)
    version = fields.Integer(required=True)
    profile = fields.Nested(ProfileBody, required=True)


class ProfilesAnswer(Answer):
    """All profiles."""

    items = fields.ListOf(fields.Nested(ProfileAnswer), required=True, max_items=1010)


class ImportQuery(Query):
    """How to read the file that is the body."""

    profile = fields.Code(
        required=True, metadata={"description": "A name of /v1/import-profiles.", "example": "osm"}
    )
    format = fields.Choice(FileFormat, metadata={"description": "As the Content-Type says."})
    country = fields.Text(
        pattern=COUNTRY, metadata={"description": "The country of all rows.", "example": "MA"}
    )


class CountsAnswer(Answer):
    """How many rows ended how."""

    created = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class ImportAnswer(Answer):
    """An import and how far it has come."""

    id = fields.Id("imp", required=True)
    version = fields.Integer(required=True)
    state = fields.Choice(ImportState, required=True)
    format = fields.Choice(FileFormat, required=True)
    profile = fields.Text(required=True)
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    counts = fields.Nested(CountsAnswer, required=True)
    started_by = fields.Text(required=True, max_length=255)
    created_at = fields.UtcDateTime(required=True)
    finished_at = fields.UtcDateTime(allow_none=True, required=True)
    failure = fields.Text(allow_none=True, required=True, max_length=500)


class RowQuery(PageQuery):
    """Which rows to list."""

    outcome = fields.Several(fields.Choice(RowOutcome))


class ReasonAnswer(Answer):
    """Why a row was refused: the columns, a stable code, a sentence."""

    code = fields.Text(required=True)
    detail = fields.Text(required=True, max_length=2000)
    column = fields.Text(max_length=2000)


class RowAnswer(Answer):
    """What became of a row; row 1 is the first with data."""

    row = fields.Integer(required=True)
    outcome = fields.Choice(RowOutcome, required=True)
    facility_id = fields.Id("fac")
    reasons = fields.ListOf(fields.Nested(ReasonAnswer))
