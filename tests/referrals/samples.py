"""Facilities, persons and referrals that tests begin with."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from ihala.events.event import Event

CLINIC = "fac_00000000000000000000c1n1c"
CENTRE = "fac_00000000000000000000cent0"
HOSPITAL = "fac_00000000000000000000h0sp0"
FAR = "fac_00000000000000000000far00"
ORGANISATION = "org_00000000000000000000d1a00"
NAME = "مريم الأحمد"
PHONE = "+963944123456"

FIELDS = ["name", "sex", "birth_date", "phone", "reason", "clinical_summary"]
CONSENT: dict[str, Any] = {
    "status": "given",
    "given_by": "individual",
    "at": "2026-03-01T08:00:00Z",
    "scope": [
        {"facility_id": CENTRE, "fields": FIELDS},
        {"facility_id": HOSPITAL, "fields": ["sex", "reason"]},
    ],
}
REFERRAL: dict[str, Any] = {
    "priority": "urgent",
    "service_code": "dialysis",
    "reason": "Missed two sessions of Maryam",
    "clinical_summary": "Potassium 6.1, weight up 4 kg",
    "requirements": ["wheelchair"],
    "person": {
        "case_code": "HD-0917",
        "name": NAME,
        "sex": "female",
        "birth_date": "1968-04-02",
        "phone": PHONE,
        "disabilities": ["mobility"],
    },
    "consent": CONSENT,
    "shortlist": [CENTRE, HOSPITAL],
}


def referral(**changes: Any) -> dict[str, Any]:
    """A referral's body, with top-level fields changed."""
    return {**copy.deepcopy(REFERRAL), **changes}


def facility(id_: str, *, version: int = 1, **changes: Any) -> dict[str, Any]:
    """A facility's snapshot, as the registry publishes it."""
    return {
        "id": id_,
        "version": version,
        "name": {"ar": "مركز", "en": f"Centre {id_[-5:]}"},
        "type": "dialysis_centre",
        "tier": "secondary",
        "modality": "permanent",
        "lifecycle": "operational",
        "managing_organisation_id": None,
        "sensitivity": "public",
        "point": {"lat": 35.95, "lon": 36.65},
        "admin": {"country": "SY"},
        "languages": ["ar"],
        "opening_hours": [],
        "time_zone": "Asia/Damascus",
        "contacts": [],
        "status": {
            "functionality": "full",
            "accessibility": "full",
            "reported_at": "2026-03-01T08:00:00.000Z",
        },
        "services": [service("dialysis")],
        **changes,
    }


def service(code: str, **changes: Any) -> dict[str, Any]:
    """One service of a facility's snapshot."""
    return {
        "code": code,
        "availability": "fully",
        "eligibility": None,
        "languages": ["ar"],
        "referral_required": True,
        "appointment_required": False,
        "capacity": None,
        **changes,
    }


def capacity(**changes: Any) -> dict[str, Any]:
    """A fresh report of capacity."""
    return {
        "unit": "chair",
        "maximum": 12,
        "available": 3,
        "waitlist_length": 0,
        "wait_days": 0,
        "status": "capacity",
        "reported_at": "2026-03-01T08:00:00.000Z",
        "valid_until": "2026-03-02T08:00:00.000Z",
        **changes,
    }


def facility_event(snapshot: dict[str, Any], type_: str = "facility.changed") -> Event:
    """The registry's event with this snapshot."""
    return Event(
        id=f"{snapshot['id']}:{snapshot['version']}",
        type=type_,
        source="ihala/registry",
        subject=snapshot["id"],
        time=datetime(2026, 3, 1, tzinfo=UTC),
        data={"facility": snapshot, "snapshot_version": snapshot["version"]},
        key=snapshot["id"],
        seq=snapshot["version"],
    )
