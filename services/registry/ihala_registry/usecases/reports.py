"""Taking reports of status and capacity, from callers and from other services' events.

A report is filed first, under an id that is derived from it, and then counted in the facility: a
crash between the two leaves a filed report whose sender got no answer and sends it again, which
files nothing twice and counts it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from ihala.caller import Caller, Role
from ihala.errors import Forbidden
from ihala.events.history import retrying
from ihala.ids import derived_id
from ihala_registry.domain import facility as rules
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.plain import to_plain, to_wire
from ihala_registry.domain.reports import (
    Capacity,
    CapacityReport,
    Status,
    capacity_of,
    check_reported_at,
    is_newer,
)
from ihala_registry.domain.views import EDITORS
from ihala_registry.domain.vocabulary import Lifecycle
from ihala_registry.store.reports import Weight, filing
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import require_version, the_facility
from ihala_registry.usecases.services import the_service


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports: the caller to note, and the id of the report when it has one (an event's)."""

    caller: Caller
    report_id: str | None = None

    def id_for(self, *parts: str, report: Status | CapacityReport) -> str:
        """The id to file the report under: the same report always gets the same."""
        said = json.dumps(to_wire(report), sort_keys=True)
        return self.report_id or derived_id("rep", *parts, self.caller.subject, said)


def require_reporter(caller: Caller, facility_id: str) -> None:
    """Raise Forbidden unless the caller may report for the facility.

    Its own staff and registry editors may. A machine may for the facilities that its token names,
    and for all when it names none.
    """
    roams = caller.has(Role.MACHINE) and not caller.facilities
    if not (caller.works_at(facility_id) or caller.has(*EDITORS) or roams):
        raise Forbidden("You may report for the facilities you work at only.")


@retrying
def report_status(
    deps: Deps, reporter: Reporter, facility_id: str, status: Status, version: int | None = None
) -> Facility:
    """Take a report of how the facility functions; an older one than the one kept is filed only.

    Raises NotFound, Stale, FacilityClosed, and Invalid for a report from the future.
    """
    now = deps.clock()
    before = the_facility(deps, facility_id)
    require_version(before, version)
    rules.require_open(before)
    check_reported_at(status.reported_at, now)
    file_status(deps, reporter, before, status)
    after, events = rules.report_status(before, status, now)
    return deps.facilities.save(before, after, events, reporter.caller) if events else before


@retrying
def report_capacity(
    deps: Deps,
    reporter: Reporter,
    facility_id: str,
    code: str,
    report: CapacityReport,
    version: int | None = None,
) -> Facility:
    """Take a report of what the service can take; an older one than the one kept is filed only.

    Raises NotFound, also for a service that is not listed, Stale, FacilityClosed, and Invalid for a
    report that makes no sense.
    """
    now = deps.clock()
    before = the_facility(deps, facility_id)
    require_version(before, version)
    rules.require_open(before)
    service = the_service(before, code)
    capacity = capacity_of(report, now, deps.rules.validity)
    file_capacity(deps, reporter, before, code, report, capacity)
    after, events = rules.report_capacity(before, service, capacity, now)
    return deps.facilities.save(before, after, events, reporter.caller) if events else before


def file_status(deps: Deps, reporter: Reporter, facility: Facility, status: Status) -> None:
    """File the report as it came, once."""
    id_ = reporter.id_for(facility.id, "status", report=status)
    weight = _weight(facility, status, facility.status)
    noted = filing(deps.clock(), reporter.caller.subject, weight)
    deps.reports.file_status(id_, facility.id, to_plain(status), noted)


def file_capacity(
    deps: Deps,
    reporter: Reporter,
    facility: Facility,
    code: str,
    report: CapacityReport,
    capacity: Capacity,
) -> None:
    """File the report, with what it was taken to mean, once."""
    id_ = reporter.id_for(facility.id, code, report=report)
    service = facility.service(code)
    weight = _weight(facility, capacity, service.capacity if service else None)
    noted = filing(deps.clock(), reporter.caller.subject, weight)
    deps.reports.file_capacity(id_, facility.id, code, to_plain(capacity), noted)


def _weight(
    facility: Facility, report: Status | Capacity, kept: Status | Capacity | None
) -> Weight:
    if facility.lifecycle is Lifecycle.CLOSED:
        return Weight.FACILITY_CLOSED
    return Weight.NEWER if is_newer(report, kept) else Weight.OLDER


def merged(report: Status, kept: Status | None) -> Status:
    """The status after a report that leaves parts open: those stay as they were last reported."""
    if kept is None:
        return report
    said = {name: value for name in _PARTS if (value := getattr(report, name))}
    utilities = {**kept.utilities, **report.utilities}
    return replace(
        kept,
        **said,
        utilities=utilities,
        reported_at=report.reported_at,
        reported_by=report.reported_by,
    )


_PARTS = ("functionality", "accessibility", "building_condition", "equipment_condition", "causes")
