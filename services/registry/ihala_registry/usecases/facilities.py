"""Registering, reading, changing and finding facilities, and moving them through their life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ihala.caller import Caller
from ihala.events.event import Happened
from ihala.events.history import retrying
from ihala.ids import new_id
from ihala_registry.domain import facility as rules
from ihala_registry.domain.errors import wrong
from ihala_registry.domain.facility import Details, Facility
from ihala_registry.domain.places import Published, default_sensitivity, publish
from ihala_registry.domain.vocabulary import Lifecycle
from ihala_registry.store.facilities import Kept
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import (
    no_facility,
    require_version,
    stale_when_lost,
    the_facility,
)


def register_facility(
    deps: Deps, caller: Caller, details: Details, lifecycle: Lifecycle = Lifecycle.OPERATIONAL
) -> Kept:
    """Enter a facility into the registry.

    Raises IdentifierTaken when another facility carries one of its identifiers, and Invalid when
    it names an organisation that there is not.
    """
    _require_organisations(deps, details)
    details, published = settle(deps, details)
    now = deps.clock()
    facility = Facility(new_id("fac"), details, published, lifecycle, now, now)
    return deps.facilities.add(facility, [Happened("facility.registered", {})], caller)


@stale_when_lost
def change_facility(
    deps: Deps,
    caller: Caller,
    facility_id: str,
    version: int | None,
    edit: Callable[[Details], Details],
) -> Facility:
    """Change what editors say of the facility. Raises NotFound, Stale, IdentifierTaken, Invalid."""
    before = the_facility(deps, facility_id)
    require_version(before, version)
    details = edit(before.details)
    _require_organisations(deps, details)
    after, events = rules.change(before, *settle(deps, details), deps.clock())
    return deps.facilities.save(before, after, events, caller) if events else before


@retrying
def move_facility(
    deps: Deps, caller: Caller, facility_id: str, to: Lifecycle, reason: str, version: int | None
) -> Kept:
    """Move the facility through its life. Raises NotFound, Stale, TransitionNotAllowed."""
    kept = deps.facilities.find(facility_id, caller)
    if kept is None:
        raise no_facility(facility_id)
    if kept.replayed:
        return kept
    require_version(kept.facility, version)
    after, events = rules.move(kept.facility, to, reason, deps.clock())
    return Kept(deps.facilities.save(kept.facility, after, events, caller))


def settle(deps: Deps, details: Details) -> tuple[Details, Published]:
    """The details with their sensitivity decided, and what of the place is published."""
    location = details.location
    if location.sensitivity is None:
        sensitivity = default_sensitivity(
            details.type, location.admin.country, deps.rules.conflict_countries
        )
        location = replace(location, sensitivity=sensitivity)
    centroids = deps.areas.centroids((location.admin.adm3, location.admin.adm2))
    return replace(details, location=location), publish(location, centroids)


def _require_organisations(deps: Deps, details: Details) -> None:
    named = {
        f"/supporting_organisations/{index}/organisation_id": support.organisation_id
        for index, support in enumerate(details.supporting_organisations)
    }
    if details.managing_organisation_id:
        named["/managing_organisation_id"] = details.managing_organisation_id
    unknown = deps.organisations.unknown(named.values())
    for pointer, id_ in named.items():
        if id_ in unknown:
            raise wrong(pointer, "There is no such organisation.", "unknown")
