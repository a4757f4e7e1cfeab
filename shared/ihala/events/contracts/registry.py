"""Contracts of what the registry says (facilities) and of what others report to it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from ihala.events.contracts.contract import Contract
from ihala.events.contracts.facility import (
    AVAILABILITY,
    CAPACITY_STATUS,
    CAPACITY_UNITS,
    LIFECYCLE,
    Capacity,
    Contact,
    Facility,
    Status,
)
from ihala.events.contracts.fields import (
    LocalisedText,
    choice,
    count,
    id_,
    many,
    moment,
    nested,
    short_text,
    word,
)


class WithFacility(Schema):
    """What every facility event carries: the state after it, for whoever keeps a copy."""

    facility = nested(Facility, required=True)
    snapshot_version = count(required=True, minimum=1)


class Changed(WithFacility):
    """Some of its details are others; which ones is said, the values are in the snapshot."""

    changed = many(word(), max_length=50)


class StatusChanged(WithFacility):
    """How far it functions was reported."""

    status = nested(Status)


class LifecycleChanged(WithFacility):
    """The facility moved to another state of its life."""

    from_ = fields.String(required=True, data_key="from")
    to = choice(*LIFECYCLE, required=True)
    reason = short_text(max_length=500)


class OfService(WithFacility):
    """Something about one of its services."""

    service_code = word(required=True)


class ServiceChanged(OfService):
    """One of its services was added, changed or assured again."""

    availability = choice(*AVAILABILITY)


class CapacityChanged(OfService):
    """A service's capacity was reported."""

    capacity = nested(Capacity, required=True)


class OrganisationFacts(Schema):
    """An organisation as everybody may know it."""

    id = id_(required=True)
    version = count(required=True, minimum=1)
    name = nested(LocalisedText, required=True)
    kind = word(required=True)
    parent_id = id_(null=True)
    active = fields.Boolean(required=True)
    contacts = many(nested(Contact), max_length=20)


class WithOrganisation(Schema):
    """What every organisation event carries: the state after it."""

    organisation = nested(OrganisationFacts, required=True)
    snapshot_version = count(required=True, minimum=1)


class OrganisationChanged(WithOrganisation):
    """Some of its details are others."""

    changed = many(word(), required=True, max_length=20)


class CapacityReport(Schema):
    """Another system's report of what a service can take."""

    facility_id = id_(required=True)
    service_code = word(required=True)
    unit = choice(*CAPACITY_UNITS, required=True)
    maximum = count(null=True)
    available = count(null=True)
    waitlist_length = count(null=True)
    wait_days = count(null=True)
    status = choice(*CAPACITY_STATUS, null=True)
    reported_at = moment(required=True)
    valid_until = moment(null=True)
    reported_by = id_(null=True)


class StatusReport(Status):
    """Another system's report of how a facility functions."""

    facility_id = id_(required=True)
    reported_by = id_(null=True)


_CAPACITY: dict[str, Any] = {
    "unit": "chair",
    "maximum": 12,
    "available": 3,
    "waitlist_length": 0,
    "wait_days": 0,
    "status": "capacity",
    "reported_at": "2026-03-01T08:00:00.000Z",
    "valid_until": "2026-03-02T08:00:00.000Z",
}
_FACILITY: dict[str, Any] = {
    "id": "fac_00example0dialysis0centre",
    "version": 3,
    "name": {"ar": "مركز غسيل الكلى (مثال)", "en": "Dialysis centre (example)"},
    "type": "dialysis_centre",
    "tier": "secondary",
    "modality": "permanent",
    "lifecycle": "operational",
    "managing_organisation_id": None,
    "sensitivity": "coarse",
    "point": {"lat": 35.95, "lon": 36.65},
    "admin": {"country": "SY", "adm1": "SY07", "adm2": "SY0700", "adm3": "SY070000", "adm4": None},
    "languages": ["ar"],
    "opening_hours": [
        {"rrule": "FREQ=WEEKLY;BYDAY=SA,SU,MO,TU,WE,TH", "opens_at": "08:00", "closes_at": "16:00"}
    ],
    "time_zone": "Asia/Damascus",
    "contacts": [
        {
            "channel": "email",
            "value": "referrals@dialysis.example.org",
            "purpose": "referrals",
            "language": "ar",
        }
    ],
    "status": {
        "functionality": "full",
        "accessibility": "full",
        "reported_at": "2026-03-01T08:00:00.000Z",
    },
    "services": [
        {
            "code": "dialysis",
            "availability": "fully",
            "eligibility": None,
            "languages": ["ar"],
            "referral_required": True,
            "appointment_required": False,
            "capacity": _CAPACITY,
        }
    ],
}
_ORGANISATION: dict[str, Any] = {
    "organisation": {
        "id": "org_00example000000000000000",
        "version": 1,
        "name": {"ar": "مديرية الصحة (مثال)", "en": "Health directorate (example)"},
        "kind": "health_directorate",
        "parent_id": None,
        "active": True,
        "contacts": [],
    },
    "snapshot_version": 1,
}
_SNAPSHOT = {"facility": _FACILITY, "snapshot_version": 3}

_FACILITIES = "registry.facilities"
_PARTNERSHIPS = "registry.partnerships"
_REPORTS = "registry.reports"

CONTRACTS = (
    Contract(
        "facility.registered",
        _FACILITIES,
        "A facility entered the registry.",
        WithFacility,
        _SNAPSHOT,
    ),
    Contract(
        "facility.changed",
        _FACILITIES,
        "What is known of a facility changed.",
        Changed,
        {**_SNAPSHOT, "changed": ["contacts"]},
    ),
    Contract(
        "facility.lifecycle_changed",
        _FACILITIES,
        "A facility opened, was suspended, reopened or closed.",
        LifecycleChanged,
        {**_SNAPSHOT, "from": "equipped", "to": "operational", "reason": "opened"},
    ),
    Contract(
        "facility.status_reported",
        _FACILITIES,
        "How far a facility functions was reported.",
        StatusChanged,
        {**_SNAPSHOT, "status": _FACILITY["status"]},
    ),
    Contract(
        "facility.service_changed",
        _FACILITIES,
        "A service was added to a facility, or changed.",
        ServiceChanged,
        {**_SNAPSHOT, "service_code": "dialysis", "availability": "fully"},
    ),
    Contract(
        "facility.service_removed",
        _FACILITIES,
        "A facility no longer lists a service.",
        OfService,
        {**_SNAPSHOT, "service_code": "dialysis"},
    ),
    Contract(
        "facility.capacity_reported",
        _FACILITIES,
        "What a service can still take was reported.",
        CapacityChanged,
        {**_SNAPSHOT, "service_code": "dialysis", "capacity": _CAPACITY},
    ),
    Contract(
        "organisation.entered",
        _PARTNERSHIPS,
        "An organisation entered the registry.",
        WithOrganisation,
        _ORGANISATION,
    ),
    Contract(
        "organisation.changed",
        _PARTNERSHIPS,
        "What is known of an organisation changed.",
        OrganisationChanged,
        {**_ORGANISATION, "changed": ["name"]},
    ),
    Contract(
        "capacity.reported",
        _REPORTS,
        "Another system reports what a facility's service can take.",
        CapacityReport,
        {"facility_id": _FACILITY["id"], "service_code": "dialysis", **_CAPACITY},
    ),
    Contract(
        "status.reported",
        _REPORTS,
        "Another system reports how far a facility functions.",
        StatusReport,
        {"facility_id": _FACILITY["id"], **_FACILITY["status"]},
    ),
)
