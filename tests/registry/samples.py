"""Facilities for tests; all of them are synthetic."""

from __future__ import annotations

from typing import Any

DIALYSIS: dict[str, Any] = {
    "name": {"ar": "مركز غسيل الكلى", "en": "Dialysis centre"},
    "type": "dialysis_centre",
    "location": {
        "admin": {"country": "SY", "adm1": "SY07", "adm2": "SY0702", "adm3": "SY070203"},
        "point": {"lat": 35.93, "lon": 36.63},
        "sensitivity": "public",
    },
    "contacts": [
        {
            "channel": "email",
            "value": "desk@dialysis.example.org",
            "purpose": "referrals",
            "visibility": "staff",
        },
        {"channel": "phone", "value": "+963 944 123 456", "visibility": "public"},
        {"channel": "email", "value": "head@dialysis.example.org", "purpose": "internal"},
    ],
}

HOSPITAL: dict[str, Any] = {
    "name": {"ar": "مستشفى المثال", "fr": "Hôpital de l'exemple", "en": "Example hospital"},
    "type": "hospital",
    "location": {
        "admin": {
            "country": "SY",
            "adm1": "SY07",
            "adm2": "SY0702",
            "adm3": "SY070203",
            "adm4": "C4126",
        },
        "point": {"lat": 35.951234, "lon": 36.674321},
        "address": "Behind the old market",
    },
}


def registered(editor: Any, body: dict[str, Any], **changes: Any) -> str:
    """The path of a facility that was just registered."""
    answer = editor.post("/v1/facilities", body | changes)
    assert answer.status_code == 201, answer.json
    path: str = answer.headers["Location"]
    return path


def at(lat: float, lon: float, sensitivity: str = "public", **admin: str) -> dict[str, Any]:
    """A location."""
    return {
        "point": {"lat": lat, "lon": lon},
        "sensitivity": sensitivity,
        "admin": {"country": "SY", **admin},
    }
