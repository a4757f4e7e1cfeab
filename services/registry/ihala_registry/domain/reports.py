"""What facilities report: how far they function, and what their services can still take.

A report counts only when it is newer than the one that is kept (``reported_at``); an older one is
filed and changes nothing. Capacity decays: past ``valid_until`` it reads ``unknown``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ihala_registry.domain.errors import wrong
from ihala_registry.domain.vocabulary import (
    CapacityStatus,
    CapacityUnit,
    Cause,
    Condition,
    Functionality,
    Utility,
    UtilityLevel,
)

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far in the future a report may be: a wrong clock must not lock later reports out."""

LONGEST_VALIDITY = timedelta(days=31)

DEFAULT_VALIDITY: Mapping[CapacityUnit, timedelta] = {
    CapacityUnit.BED: timedelta(hours=24),
    CapacityUnit.CHAIR: timedelta(hours=24),
    CapacityUnit.SLOT: timedelta(hours=72),
    CapacityUnit.SESSION: timedelta(hours=72),
    CapacityUnit.MACHINE_HOUR: timedelta(hours=24),
}


@dataclass(frozen=True, slots=True)
class Status:
    """HeRAMS: how a facility functions, as last reported."""

    reported_at: datetime
    functionality: Functionality | None = None
    accessibility: Functionality | None = None
    building_condition: Condition | None = None
    equipment_condition: Condition | None = None
    utilities: Mapping[Utility, UtilityLevel] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    reported_by: str | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a service can still take, as last reported."""

    unit: CapacityUnit
    reported_at: datetime
    valid_until: datetime
    status: CapacityStatus
    maximum: int | None = None
    available: int | None = None
    waitlist_length: int | None = None
    wait_days: int | None = None
    reported_by: str | None = None

    def has_decayed(self, now: datetime) -> bool:
        """Whether the report is too old to be relied on."""
        return now >= self.valid_until


@dataclass(frozen=True, slots=True)
class CapacityReport:
    """A report of capacity as it comes in; what it leaves open is worked out by ``capacity_of``."""

    unit: CapacityUnit
    reported_at: datetime
    valid_until: datetime | None = None
    status: CapacityStatus | None = None
    maximum: int | None = None
    available: int | None = None
    waitlist_length: int | None = None
    wait_days: int | None = None
    reported_by: str | None = None


def capacity_of(
    report: CapacityReport, now: datetime, validity: Mapping[CapacityUnit, timedelta]
) -> Capacity:
    """The capacity that a report means. Raises Invalid, with pointers, when it makes no sense."""
    check_reported_at(report.reported_at, now)
    if None not in (report.available, report.maximum) and report.available > report.maximum:  # type: ignore[operator]
        raise wrong("/available", "Must not be more than maximum.", "out_of_range")
    return Capacity(
        unit=report.unit,
        reported_at=report.reported_at,
        valid_until=_valid_until(report, validity),
        status=report.status or _implied_status(report),
        maximum=report.maximum,
        available=report.available,
        waitlist_length=report.waitlist_length,
        wait_days=report.wait_days,
        reported_by=report.reported_by,
    )


def check_reported_at(reported_at: datetime, now: datetime) -> None:
    """Raise Invalid for a report from the future."""
    if reported_at > now + CLOCKS_DIFFER:
        raise wrong("/reported_at", "Must not be in the future.", "out_of_range")


def _valid_until(report: CapacityReport, validity: Mapping[CapacityUnit, timedelta]) -> datetime:
    if report.valid_until is None:
        return report.reported_at + validity[report.unit]
    if not report.reported_at < report.valid_until <= report.reported_at + LONGEST_VALIDITY:
        limit = f"Must be after reported_at, by {LONGEST_VALIDITY.days} days at most."
        raise wrong("/valid_until", limit, "out_of_range")
    return report.valid_until


def _implied_status(report: CapacityReport) -> CapacityStatus:
    """What the numbers say when the reporter does not."""
    if report.available is None:
        return CapacityStatus.UNKNOWN
    if report.available > 0:
        return CapacityStatus.CAPACITY
    return CapacityStatus.WAITLIST if report.waitlist_length else CapacityStatus.NO_CAPACITY


def is_newer(report: Status | Capacity, kept: Status | Capacity | None) -> bool:
    """Whether the report counts against the one that is kept."""
    return kept is None or report.reported_at > kept.reported_at
