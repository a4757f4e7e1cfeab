"""When a facility is suspended, closed or loses a service: its open offers are rescued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ihala.caller import system
from ihala.events.event import Event
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.rescuing import rescue_from

_OFFERED = ("fully", "partially")


def on_facility_changed(deps: Deps, event: Event) -> None:
    """Move on what waits there for a service that is no longer offered."""
    if event.data is None:
        return
    facility = event.data["facility"]
    by = system("rescue", correlation_id=event.correlation_id, causation_id=event.id)
    rescue_from(deps, by, facility["id"], still_offered(facility), event.data["snapshot_version"])


def still_offered(facility: Mapping[str, Any]) -> frozenset[str]:
    """The services that people can be sent there for."""
    status = facility.get("status") or {}
    if facility["lifecycle"] != "operational" or status.get("functionality") == "none":
        return frozenset()
    return frozenset(
        service["code"] for service in facility["services"] if service["availability"] in _OFFERED
    )


def handlers(deps: Deps) -> Mapping[str, Callable[[Event], None]]:
    """What is done about which events."""
    return {
        type_: partial(on_facility_changed, deps)
        for type_ in (
            "facility.lifecycle_changed",
            "facility.status_reported",
            "facility.service_changed",
            "facility.service_removed",
        )
    }
