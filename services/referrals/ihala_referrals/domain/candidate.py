"""A facility as matching sees it: its one wanted service, and how it stands right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ihala_referrals.domain.opening import Hours
from ihala_referrals.domain.words import Priority


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the service can still take, as last reported; worth nothing past ``valid_until``."""

    status: str
    available: int | None
    wait_days: int | None
    reported_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """``distance_m`` is None where the facility publishes no location."""

    facility_id: str
    organisation_id: str | None
    name: dict[str, str]
    lifecycle: str
    coarse: bool
    distance_m: float | None
    functionality: str
    accessibility: str
    availability: str | None
    min_age: int | None = None
    max_age: int | None = None
    sex: str | None = None
    languages: tuple[str, ...] = ()
    capacity: Capacity | None = None
    hours: tuple[Hours, ...] = ()
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is unknown of the person does not exclude anybody."""

    priority: Priority
    from_facility_id: str | None = None
    age: int | None = None
    sex: str | None = None
    languages: tuple[str, ...] = ()
