"""Listing services at facilities."""

from __future__ import annotations

from dataclasses import replace

from ihala.caller import Caller
from ihala.errors import NotFound
from ihala_registry.domain import facility as rules
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.services import ServiceOffer
from ihala_registry.domain.taxonomy import is_offered
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import require_version, stale_when_lost, the_facility


@stale_when_lost
def put_service(
    deps: Deps, caller: Caller, facility_id: str, version: int | None, service: ServiceOffer
) -> Facility:
    """List the service at the facility, or change it; the caller assures it by doing so.

    Raises NotFound for an unknown facility or a code that is not in the taxonomy, Stale, and
    FacilityClosed.
    """
    if not is_offered(service.code):
        raise NotFound(f"There is no service {service.code}; GET /v1/service-types lists them all.")
    before = the_facility(deps, facility_id)
    require_version(before, version)
    now = deps.clock()
    assured = replace(service, assured_at=now, assured_by=caller.subject)
    after, events = rules.put_service(before, assured, now)
    return deps.facilities.save(before, after, events, caller) if events else before


@stale_when_lost
def remove_service(
    deps: Deps, caller: Caller, facility_id: str, version: int | None, code: str
) -> Facility:
    """List the service no longer. Raises NotFound, also for one that is not listed, and Stale."""
    before = the_facility(deps, facility_id)
    the_service(before, code)
    require_version(before, version)
    after, events = rules.remove_service(before, code, deps.clock())
    return deps.facilities.save(before, after, events, caller)


def the_service(facility: Facility, code: str) -> ServiceOffer:
    """The service as the facility lists it; raises NotFound."""
    service = facility.service(code)
    if service is None:
        raise NotFound(f"Facility {facility.id} lists no service {code}.")
    return service
