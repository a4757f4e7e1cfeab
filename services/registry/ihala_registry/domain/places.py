"""Where a facility is, and how much of that is published.

The published point of a ``coarse`` facility depends on its area only, or on the 0.1° cell around
it where no area's centre is known: never on the exact point within. Every search, order and
distance uses the published point, for all callers, so no set of searches can triangulate.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ihala_registry.domain.vocabulary import FacilityType, Sensitivity

PCODE = r"[A-Za-z][A-Za-z0-9_.-]{1,19}"
"""What a p-code may look like; OCHA's are letters of the country and digits, such as SY070203."""

_CELL_DEGREES = 0.1


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the ground in degrees (WGS 84)."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Admin:
    """Administrative areas by p-code, the country by its ISO 3166-1 alpha-2 code."""

    country: str | None = None
    adm1: str | None = None
    adm2: str | None = None
    adm3: str | None = None
    adm4: str | None = None

    def codes(self) -> list[str]:
        """Every code that is known, the widest first."""
        known = (self.country, self.adm1, self.adm2, self.adm3, self.adm4)
        return [code for code in known if code]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a facility is, as its editors know it."""

    admin: Admin = field(default_factory=Admin)
    point: Point | None = None
    address: str | None = None
    sensitivity: Sensitivity | None = None


class Precision(StrEnum):
    """What a published point stands for."""

    EXACT = "exact"
    AREA = "area"
    CELL = "cell"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Published:
    """What everybody may know of the place."""

    precision: Precision
    admin: Admin
    point: Point | None = None
    address: str | None = None


def default_sensitivity(
    type_: FacilityType, country: str | None, conflict_countries: Collection[str]
) -> Sensitivity:
    """``coarse`` for hospitals in conflict areas, and where nobody said which country it is in.

    Facilities have been targeted; an editor may choose otherwise.
    """
    exposed = country is None or country in conflict_countries
    if type_ is FacilityType.HOSPITAL and exposed:
        return Sensitivity.COARSE
    return Sensitivity.PUBLIC


def publish(location: Location, centroids: Mapping[str, Point]) -> Published:
    """What may be known of ``location``; ``centroids`` are those of areas, by p-code.

    Coarse: the centroid of adm3, else of adm2, else the centre of the 0.1° cell, and no area finer
    than adm3. Hidden: no point, and no area finer than adm1.
    """
    admin = location.admin
    if location.sensitivity is Sensitivity.PUBLIC:
        precision = Precision.EXACT if location.point else Precision.NONE
        return Published(precision, admin, location.point, location.address)
    if location.sensitivity is Sensitivity.COARSE:
        district = Admin(admin.country, admin.adm1, admin.adm2, admin.adm3)
        return _coarse(location.point, district, centroids)
    return Published(Precision.NONE, Admin(admin.country, admin.adm1))


def _coarse(point: Point | None, admin: Admin, centroids: Mapping[str, Point]) -> Published:
    for code in (admin.adm3, admin.adm2):
        if code and code in centroids:
            return Published(Precision.AREA, admin, centroids[code])
    if point is None:
        return Published(Precision.NONE, admin)
    return Published(Precision.CELL, admin, cell_centre(point))


def cell_centre(point: Point) -> Point:
    """The centre of the 0.1° cell that the point lies in, itself within the globe."""
    return Point(_centre(point.lat, 90), _centre(point.lon, 180))


def _centre(degrees: float, limit: int) -> float:
    cells = limit * 10
    cell = min(math.floor(degrees / _CELL_DEGREES), cells - 1)
    return round((cell + 0.5) * _CELL_DEGREES, 2)


def shown_distance_m(distance_m: float, precision: Precision) -> int:
    """The distance to say: whole metres to an exact point, to a coarse one up to whole km."""
    if precision is Precision.EXACT:
        return round(distance_m)
    return math.ceil(distance_m / 1000) * 1000
