"""What the use cases work with; ``wiring`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ihala.clock import Clock
from ihala_registry.domain.vocabulary import CapacityUnit
from ihala_registry.store.areas import AreaStore
from ihala_registry.store.facilities import FacilityStore
from ihala_registry.store.facility_history import FacilityHistory
from ihala_registry.store.facility_search import FacilitySearch
from ihala_registry.store.import_profiles import ImportProfileStore
from ihala_registry.store.import_rows import ImportRowStore
from ihala_registry.store.imports import ImportStore
from ihala_registry.store.organisations import OrganisationStore
from ihala_registry.store.reports import ReportStore


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator may choose.

    ``conflict_countries`` are those whose hospitals are shown coarsely unless an editor says
    otherwise; ``validity`` is how long a capacity report counts that does not say so itself.
    """

    conflict_countries: frozenset[str]
    validity: Mapping[CapacityUnit, timedelta]


@dataclass(frozen=True, slots=True)
class Deps:
    """Stores, clock and rules."""

    clock: Clock
    rules: Rules
    facilities: FacilityStore
    search: FacilitySearch
    histories: FacilityHistory
    reports: ReportStore
    organisations: OrganisationStore
    areas: AreaStore
    imports: ImportStore
    import_rows: ImportRowStore
    import_profiles: ImportProfileStore
