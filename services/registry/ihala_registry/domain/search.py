"""What a search of facilities asks for, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ihala_registry.domain.facility import Facility
from ihala_registry.domain.places import Point
from ihala_registry.domain.vocabulary import FacilityType, Functionality, Lifecycle

DEFAULT_RADIUS_M = 50_000


@dataclass(frozen=True, slots=True)
class FacilityQuery:
    """All conditions must hold; one that is absent does not limit.

    ``area`` is a p-code of any level (or a country) as published; ``radius_m`` counts from ``near``
    to the published point. Order: by distance with ``near``, by change with ``updated_since``, else
    by id; always total, so that pages neither repeat nor skip what does not change.
    """

    types: tuple[FacilityType, ...] = ()
    service: str | None = None
    area: str | None = None
    words: tuple[str, ...] = ()
    near: Point | None = None
    radius_m: int = DEFAULT_RADIUS_M
    lifecycles: tuple[Lifecycle, ...] = ()
    functionalities: tuple[Functionality, ...] = ()
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A facility of a page, with the distance to its published point when one was asked for."""

    facility: Facility
    distance_m: float | None = None
