"""Fields that contracts use: strict, bounded, the same in JSON Schema as in marshmallow."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

LANGUAGES = ("ar", "fr", "en")
PRIORITIES = ("emergency", "urgent", "routine")


def short_text(
    *, required: bool = False, max_length: int = 200, null: bool = False
) -> fields.String:
    """A short string."""
    return fields.String(required=required, allow_none=null, validate=Length(max=max_length))


def id_(*, required: bool = False, null: bool = False) -> fields.String:
    """An opaque id."""
    return fields.String(
        required=required, allow_none=null, validate=Length(min=1 if required else 0, max=100)
    )


def word(*, required: bool = False) -> fields.String:
    """A word of a code list."""
    return fields.String(required=required, validate=Length(min=1, max=60))


def choice(*allowed: str, required: bool = False, null: bool = False) -> fields.String:
    """One of a few words."""
    return fields.String(required=required, allow_none=null, validate=OneOf(allowed))


def moment(*, required: bool = False, null: bool = False) -> fields.DateTime:
    """An RFC 3339 time."""
    return fields.DateTime(required=required, allow_none=null, format="iso")


def count(*, required: bool = False, null: bool = False, minimum: int = 0) -> fields.Integer:
    """A whole number that is not negative."""
    return fields.Integer(
        required=required, allow_none=null, strict=True, validate=Range(min=minimum, max=10_000_000)
    )


def nested(schema: type[Schema], *, required: bool = False, null: bool = False) -> fields.Nested:
    """An object within the object."""
    return fields.Nested(schema, required=required, allow_none=null)


def many(inner: Any, *, required: bool = False, max_length: int = 200) -> fields.List[Any]:
    """A bounded list."""
    return fields.List(inner, required=required, validate=Length(max=max_length))


class LocalisedText(Schema):
    """The same words in up to three languages."""

    ar = short_text(max_length=300)
    fr = short_text(max_length=300)
    en = short_text(max_length=300)
