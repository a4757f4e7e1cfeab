"""The only place where real things are chosen: database, clock, rules."""

from __future__ import annotations

from ihala.clock import Clock, utc_now
from ihala.mongo import Database, Document
from ihala_registry.config import RegistrySettings
from ihala_registry.store.areas import AreaStore
from ihala_registry.store.facilities import FacilityStore
from ihala_registry.store.facility_history import FacilityHistory
from ihala_registry.store.facility_search import FacilitySearch
from ihala_registry.store.import_profiles import ImportProfileStore
from ihala_registry.store.import_rows import ImportRowStore
from ihala_registry.store.imports import ImportStore
from ihala_registry.store.organisations import OrganisationStore
from ihala_registry.store.reports import ReportStore
from ihala_registry.usecases.deps import Deps, Rules

DUE = ("imports", "areas")
"""The collections with work that is due by time."""


def make_deps(
    database: Database[Document], settings: RegistrySettings, clock: Clock = utc_now
) -> Deps:
    """Everything the use cases work with; nothing is sent to the database yet."""
    facilities = FacilityStore(database, clock)
    return Deps(
        clock=clock,
        rules=Rules(settings.conflict_countries, settings.capacity_validity),
        facilities=facilities,
        search=FacilitySearch(facilities.collection),
        histories=FacilityHistory(database, facilities),
        reports=ReportStore(database),
        organisations=OrganisationStore(database, clock),
        areas=AreaStore(database, clock),
        imports=ImportStore(database, clock),
        import_rows=ImportRowStore(database, clock),
        import_profiles=ImportProfileStore(database),
    )


def prepare(deps: Deps) -> None:
    """Make every index; safe and cheap to call at each start."""
    stores = (
        deps.facilities,
        deps.histories,
        deps.reports,
        deps.organisations,
        deps.areas,
        deps.imports,
        deps.import_rows,
    )
    for store in stores:
        store.ensure_indexes()
