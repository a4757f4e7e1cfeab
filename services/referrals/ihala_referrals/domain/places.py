"""Places on the ground, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

_EARTH_RADIUS_M = 6_378_100.0
"""The sphere that MongoDB measures on, so that our distances agree with its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees (WGS 84)."""

    lat: float
    lon: float

    def distance_m(self, other: Place) -> float:
        """Metres along the great circle (haversine)."""
        half_lat = radians(other.lat - self.lat) / 2
        half_lon = radians(other.lon - self.lon) / 2
        straight = (
            sin(half_lat) ** 2
            + cos(radians(self.lat)) * cos(radians(other.lat)) * sin(half_lon) ** 2
        )
        return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(straight)))
