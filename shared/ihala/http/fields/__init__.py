"""The fields of bodies and queries; ``Nested``, ``Dict`` and ``Raw`` are marshmallow's own."""

from marshmallow.fields import Dict, Nested, Raw

from ihala.http.fields.meaningful import (
    Day,
    Email,
    LatLon,
    ListOf,
    LocalisedText,
    Phone,
    Point,
    Several,
    UtcDateTime,
)
from ihala.http.fields.plain import Choice, Code, Flag, Id, Integer, Language, Number, Text

__all__ = [
    "Choice",
    "Code",
    "Day",
    "Dict",
    "Email",
    "Flag",
    "Id",
    "Integer",
    "Language",
    "LatLon",
    "ListOf",
    "LocalisedText",
    "Nested",
    "Number",
    "Phone",
    "Point",
    "Raw",
    "Several",
    "Text",
    "UtcDateTime",
]
