"""A facility: what is kept of it, and every rule by which it changes.

Each rule takes the facility as it is and returns the facility as it becomes, with the events that
this caused. No event means that nothing has changed and nothing need be saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from ihala.events.event import Happened
from ihala_registry.domain.errors import FacilityClosed, TransitionNotAllowed
from ihala_registry.domain.places import Location, Published
from ihala_registry.domain.plain import to_wire
from ihala_registry.domain.reports import Capacity, Status, is_newer
from ihala_registry.domain.services import ServiceOffer
from ihala_registry.domain.values import (
    Contact,
    Identifier,
    LocalisedText,
    OpeningHours,
    Support,
)
from ihala_registry.domain.vocabulary import FacilityType, Lifecycle, Modality, Tier

ALLOWED: dict[Lifecycle, frozenset[Lifecycle]] = {
    Lifecycle.PLANNED: frozenset({Lifecycle.UNDER_CONSTRUCTION, Lifecycle.CLOSED}),
    Lifecycle.UNDER_CONSTRUCTION: frozenset({Lifecycle.EQUIPPED, Lifecycle.CLOSED}),
    Lifecycle.EQUIPPED: frozenset({Lifecycle.OPERATIONAL, Lifecycle.CLOSED}),
    Lifecycle.OPERATIONAL: frozenset({Lifecycle.SUSPENDED, Lifecycle.CLOSED}),
    Lifecycle.SUSPENDED: frozenset({Lifecycle.OPERATIONAL, Lifecycle.CLOSED}),
    Lifecycle.CLOSED: frozenset(),
}
"""Where each state may lead: forward one step at a time, closed for good from anywhere."""

BEGINNINGS = (
    Lifecycle.PLANNED,
    Lifecycle.UNDER_CONSTRUCTION,
    Lifecycle.EQUIPPED,
    Lifecycle.OPERATIONAL,
)


@dataclass(frozen=True, slots=True)
class Details:
    """What editors say of a facility."""

    name: LocalisedText
    type: FacilityType
    location: Location = field(default_factory=Location)
    identifiers: tuple[Identifier, ...] = ()
    aliases: tuple[str, ...] = ()
    tier: Tier | None = None
    modality: Modality | None = None
    managing_organisation_id: str | None = None
    supporting_organisations: tuple[Support, ...] = ()
    contacts: tuple[Contact, ...] = ()
    catchment_population: int | None = None
    opening_hours: tuple[OpeningHours, ...] = ()
    time_zone: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportMark:
    """Which row of which import wrote the facility last, so that no row is done twice."""

    import_id: str
    row: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility as it stands; ``version`` and ``seq`` are its document's (0: not yet kept)."""

    id: str
    details: Details
    published: Published
    lifecycle: Lifecycle
    created_at: datetime
    updated_at: datetime
    status: Status | None = None
    services: tuple[ServiceOffer, ...] = ()
    imported: ImportMark | None = None
    version: int = 0
    seq: int = 0

    def service(self, code: str) -> ServiceOffer | None:
        """The service of this code, when the facility lists it."""
        return next((service for service in self.services if service.code == code), None)


Outcome = tuple[Facility, Sequence[Happened]]


def change(facility: Facility, details: Details, published: Published, now: datetime) -> Outcome:
    """Give the facility other details; the event names the fields that changed, no values."""
    changed = [
        one.name
        for one in fields(Details)
        if getattr(details, one.name) != getattr(facility.details, one.name)
    ]
    if published != facility.published and "location" not in changed:
        changed.append("location")
    if not changed:
        return facility, ()
    after = replace(facility, details=details, published=published, updated_at=now)
    return after, [Happened("facility.changed", {"changed": sorted(changed)})]


def move(facility: Facility, to: Lifecycle, reason: str, now: datetime) -> Outcome:
    """Move the facility to another state of its life.

    Raises TransitionNotAllowed when its life does not lead there.
    """
    if to not in ALLOWED[facility.lifecycle]:
        allowed = ", ".join(sorted(ALLOWED[facility.lifecycle])) or "nowhere: it is closed for good"
        raise TransitionNotAllowed(
            f"The facility is {facility.lifecycle} and cannot become {to}; it may become {allowed}."
        )
    data = {"from": facility.lifecycle.value, "to": to.value, "reason": reason}
    after = replace(facility, lifecycle=to, updated_at=now)
    return after, [Happened("facility.lifecycle_changed", data)]


def report_status(facility: Facility, status: Status, now: datetime) -> Outcome:
    """Take the report when it is newer than the one kept. Raises FacilityClosed."""
    require_open(facility)
    if not is_newer(status, facility.status):
        return facility, ()
    after = replace(facility, status=status, updated_at=now)
    said = to_wire(replace(status, reported_by=None))
    return after, [Happened("facility.status_reported", {"status": said})]


def put_service(facility: Facility, service: ServiceOffer, now: datetime) -> Outcome:
    """List the service, or change it; its capacity stays as reported. Raises FacilityClosed."""
    require_open(facility)
    before = facility.service(service.code)
    service = replace(service, capacity=before.capacity if before else None)
    if before == service:
        return facility, ()
    return _with_service(facility, service, now), [
        Happened(
            "facility.service_changed",
            {"service_code": service.code, "availability": service.availability.value},
        )
    ]


def remove_service(facility: Facility, code: str, now: datetime) -> Outcome:
    """List the service no longer; one that is not listed changes nothing."""
    kept = tuple(service for service in facility.services if service.code != code)
    if len(kept) == len(facility.services):
        return facility, ()
    after = replace(facility, services=kept, updated_at=now)
    return after, [Happened("facility.service_removed", {"service_code": code})]


def report_capacity(
    facility: Facility, service: ServiceOffer, capacity: Capacity, now: datetime
) -> Outcome:
    """Take the report when it is newer than the one kept. Raises FacilityClosed."""
    require_open(facility)
    if not is_newer(capacity, service.capacity):
        return facility, ()
    after = _with_service(facility, replace(service, capacity=capacity), now)
    said = to_wire(replace(capacity, reported_by=None))
    data = {"service_code": service.code, "capacity": said}
    return after, [Happened("facility.capacity_reported", data)]


def require_open(facility: Facility) -> None:
    """Raise FacilityClosed for a closed facility."""
    if facility.lifecycle is Lifecycle.CLOSED:
        raise FacilityClosed("The facility is closed: it takes no reports and offers no services.")


def _with_service(facility: Facility, service: ServiceOffer, now: datetime) -> Facility:
    others = [kept for kept in facility.services if kept.code != service.code]
    services = tuple(sorted([*others, service], key=lambda offer: offer.code))
    return replace(facility, services=services, updated_at=now)
