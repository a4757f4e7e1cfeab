"""Taking in the reports of other services, which cannot be asked to correct what they said."""

from __future__ import annotations

from ihala.events.history import retrying
from ihala_registry.domain import facility as rules
from ihala_registry.domain.reports import CapacityReport, Status, capacity_of, check_reported_at
from ihala_registry.domain.vocabulary import Lifecycle
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import the_facility
from ihala_registry.usecases.reports import Reporter, file_capacity, file_status, merged
from ihala_registry.usecases.services import the_service


@retrying
def take_in_status(deps: Deps, reporter: Reporter, facility_id: str, report: Status) -> None:
    """File the report, and count it when it is newer and the facility is open.

    What the report leaves open stays as it was last reported. Raises NotFound, and Invalid for a
    report from the future.
    """
    now = deps.clock()
    facility = the_facility(deps, facility_id)
    check_reported_at(report.reported_at, now)
    file_status(deps, reporter, facility, report)
    if facility.lifecycle is Lifecycle.CLOSED:
        return
    after, events = rules.report_status(facility, merged(report, facility.status), now)
    if events:
        deps.facilities.save(facility, after, events, reporter.caller)


@retrying
def take_in_capacity(
    deps: Deps, reporter: Reporter, facility_id: str, code: str, report: CapacityReport
) -> None:
    """File the report, and count it when it is newer and the facility is open.

    Raises NotFound, also for a service that the facility does not list, and Invalid for a report
    that makes no sense.
    """
    now = deps.clock()
    facility = the_facility(deps, facility_id)
    capacity = capacity_of(report, now, deps.rules.validity)
    closed = facility.lifecycle is Lifecycle.CLOSED
    service = facility.service(code) if closed else the_service(facility, code)
    file_capacity(deps, reporter, facility, code, report, capacity)
    if closed or service is None:
        return
    after, events = rules.report_capacity(facility, service, capacity, now)
    if events:
        deps.facilities.save(facility, after, events, reporter.caller)
