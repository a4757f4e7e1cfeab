"""Who sees what of a facility: the one place that decides it.

The full view is for registry editors, approvers, operators and the facility's own staff. Everybody
else gets the public view, and the topic gets the snapshot; neither holds the exact point of a
coarse or hidden facility, its address, or a contact that is for staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ihala.caller import Caller, Role
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.plain import to_plain, to_wire
from ihala_registry.domain.reports import Capacity
from ihala_registry.domain.services import ServiceOffer
from ihala_registry.domain.values import Contact
from ihala_registry.domain.vocabulary import CapacityStatus, Purpose, Sensitivity, Visibility

EDITORS = (Role.REGISTRY_EDITOR, Role.REGISTRY_APPROVER)

View = dict[str, Any]

_STAFF_ONLY = ("reported_by", "assured_by")


def sees_everything(caller: Caller, facility_id: str) -> bool:
    """Whether the caller gets the full view of this facility."""
    return caller.has(*EDITORS, Role.OPERATOR) or caller.works_at(facility_id)


def view_for(caller: Caller, facility: Facility, now: datetime) -> View:
    """The facility as this caller may see it."""
    full = sees_everything(caller, facility.id)
    details = to_plain(facility.details)
    view: View = {"id": facility.id, "version": facility.version, **details}
    view["contacts"] = to_plain(_contacts(facility, full=full))
    if not full and facility.details.location.sensitivity is not Sensitivity.PUBLIC:
        # Another system's identifier can be looked up there, and lead to the exact place.
        view.pop("identifiers", None)
    view["location"] = _location(facility, full=full)
    view["lifecycle"] = facility.lifecycle.value
    view["status"] = _status(facility, full=full)
    view["services"] = [service_view(service, now, full=full) for service in facility.services]
    return view | {"created_at": facility.created_at, "updated_at": facility.updated_at}


def _contacts(facility: Facility, *, full: bool) -> list[Contact]:
    return [one for one in facility.details.contacts if full or is_public(one)]


def is_public(contact: Contact) -> bool:
    """Whether everybody may see the contact."""
    return contact.visibility is Visibility.PUBLIC and contact.purpose is not Purpose.INTERNAL


def _status(
    facility: Facility, *, full: bool, written: Callable[[Any], View] = to_plain
) -> View | None:
    if facility.status is None:
        return None
    return _without_names(written(facility.status), full=full)


def _location(facility: Facility, *, full: bool) -> View:
    """The published place; the full view adds what lies behind it."""
    published, exact = facility.published, facility.details.location
    place: View = {
        "sensitivity": to_plain(exact.sensitivity),
        "precision": published.precision.value,
    }
    if not full:
        return place | {
            "admin": to_plain(published.admin),
            "point": to_plain(published.point),
            "address": published.address,
        }
    return place | {
        "admin": to_plain(exact.admin),
        "point": to_plain(exact.point),
        "address": exact.address,
        "published_point": to_plain(published.point),
    }


def service_view(service: ServiceOffer, now: datetime, *, full: bool) -> View:
    """One service, its capacity as it reads now."""
    view = _without_names(to_plain(service), full=full)
    view["capacity"] = capacity_view(service.capacity, now, full=full) if service.capacity else None
    return view


def capacity_view(capacity: Capacity, now: datetime, *, full: bool) -> View:
    """The capacity; a decayed one reads ``unknown``, with what it was and its age in seconds."""
    view = _without_names(to_plain(capacity), full=full)
    if not capacity.has_decayed(now):
        return view
    age_s = int((now - capacity.reported_at).total_seconds())
    last_known = capacity.status.value
    return view | {
        "status": CapacityStatus.UNKNOWN.value,
        "last_known_status": last_known,
        "age_s": age_s,
    }


def _without_names(view: View, *, full: bool) -> View:
    """Who reported something is for staff."""
    if full:
        return view
    return {name: value for name, value in view.items() if name not in _STAFF_ONLY}


def has_decayed_capacity(facility: Facility, now: datetime) -> bool:
    """Whether the view shows an age, so that it changes without the facility changing."""
    capacities = (service.capacity for service in facility.services)
    return any(capacity.has_decayed(now) for capacity in capacities if capacity)


def snapshot(facility: Facility) -> View:
    """The facility as the topic carries it (contract ``Facility``)."""
    details, published = facility.details, facility.published
    return {
        "id": facility.id,
        "version": facility.version,
        "name": to_plain(details.name),
        "type": details.type.value,
        "tier": to_plain(details.tier),
        "modality": to_plain(details.modality),
        "lifecycle": facility.lifecycle.value,
        "managing_organisation_id": details.managing_organisation_id,
        "sensitivity": to_plain(details.location.sensitivity),
        "point": to_plain(published.point),
        "admin": to_plain(published.admin),
        "languages": list(details.languages),
        "opening_hours": to_plain(details.opening_hours),
        "time_zone": details.time_zone,
        "contacts": desk_contacts(details.contacts),
        "status": _status(facility, full=False, written=to_wire),
        "services": [_service_snapshot(service) for service in facility.services],
    }


_SERVICE_FIELDS = (
    "code",
    "availability",
    "eligibility",
    "languages",
    "referral_required",
    "appointment_required",
)


def _service_snapshot(service: ServiceOffer) -> View:
    plain = to_wire(service)
    shown = {name: plain[name] for name in _SERVICE_FIELDS if name in plain}
    capacity = plain.get("capacity")
    return shown | {"capacity": capacity and _without_names(capacity, full=False)}


def desk_contacts(contacts: Iterable[Contact]) -> list[View]:
    """The addresses of desks that other services may write to; internal ones stay here."""
    return [
        {
            "channel": contact.channel.value,
            "value": contact.value,
            "purpose": contact.purpose.value,
            "language": to_plain(contact.language),
        }
        for contact in contacts
        if contact.purpose is not Purpose.INTERNAL
    ]
