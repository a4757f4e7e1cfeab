"""Administrative areas by p-code: names, and centroids, where coarse facilities are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ihala_registry.domain.places import Point
from ihala_registry.domain.values import LocalisedText
from ihala_registry.domain.vocabulary import AreaLevel


@dataclass(frozen=True, slots=True)
class AreaDetails:
    """What is known of an area."""

    level: AreaLevel
    name: LocalisedText
    centroid: Point | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """An area as it is kept."""

    pcode: str
    details: AreaDetails
    updated_at: datetime
    version: int = 0
