"""Reports that other services publish on ``registry.reports``.

Safe to run twice: a report is filed under an id that its event gives it, and counts in the
facility only when it is newer than what is kept. A facility or service that the registry does not
know raises, so that the event is parked until an operator has looked. A closed facility takes no
reports: they are filed, and that is all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ihala.caller import system
from ihala.clock import whole_ms
from ihala.events.event import Event
from ihala.ids import derived_id
from ihala_registry.domain.plain import from_plain
from ihala_registry.domain.reports import CapacityReport, Status
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.reports import Reporter
from ihala_registry.usecases.take_in_reports import take_in_capacity, take_in_status

REPORTS = "registry.reports"
GROUP = "registry.reports"
_TIMES = ("reported_at", "valid_until")


def on_capacity_reported(deps: Deps, event: Event) -> None:
    """Another system says what a service can take."""
    data = _data(event)
    report = from_plain(CapacityReport, data)
    take_in_capacity(deps, _reporter(event), data["facility_id"], data["service_code"], report)


def on_status_reported(deps: Deps, event: Event) -> None:
    """Another system says how far a facility functions; what it leaves open stays as it was."""
    data = _data(event)
    take_in_status(deps, _reporter(event), data["facility_id"], from_plain(Status, data))


def _data(event: Event) -> dict[str, Any]:
    data = dict(event.data or {})
    moments = {
        name: whole_ms(datetime.fromisoformat(data[name])) for name in _TIMES if data.get(name)
    }
    return {"reported_by": event.source, **data, **moments}


def _reporter(event: Event) -> Reporter:
    caller = system(
        "reports", correlation_id=event.correlation_id or event.id, causation_id=event.id
    )
    return Reporter(caller, derived_id("rep", event.source, event.id))


HANDLERS: Mapping[str, Callable[[Deps, Event], None]] = {
    "capacity.reported": on_capacity_reported,
    "status.reported": on_status_reported,
}


def handlers_of(deps: Deps) -> dict[str, Callable[[Event], None]]:
    """The handlers, ready to be called with an event."""
    return {type_: partial(handler, deps) for type_, handler in HANDLERS.items()}
