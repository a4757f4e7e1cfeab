"""The only place where real things are chosen: database, clock, rules."""

from __future__ import annotations

from ihala.clock import Clock, utc_now
from ihala.logs import logger
from ihala.mongo import Database, Document, is_world_down
from ihala_registry.config import RegistrySettings
from ihala_registry.store.areas import AreaStore
from ihala_registry.store.facilities import FacilityStore
from ihala_registry.store.facility_bulk import FacilityBulk
from ihala_registry.store.facility_history import FacilityHistory
from ihala_registry.store.facility_search import FacilitySearch
from ihala_registry.store.import_profiles import ImportProfileStore
from ihala_registry.store.import_rows import ImportRowStore
from ihala_registry.store.imports import ImportStore
from ihala_registry.store.organisations import OrganisationStore
from ihala_registry.store.reports import ReportStore
from ihala_registry.usecases.deps import Deps, Rules

log = logger(__name__)


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
        bulk=FacilityBulk(facilities, clock),
        histories=FacilityHistory(database, facilities),
        reports=ReportStore(database),
        organisations=OrganisationStore(database, clock),
        areas=AreaStore(database, clock),
        imports=ImportStore(database, clock),
        import_rows=ImportRowStore(database),
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


class Prepared:
    """Whether the database answers; the first check that reaches it makes the indexes."""

    def __init__(self, database: Database[Document], deps: Deps) -> None:
        self._database = database
        self._deps = deps
        self._done = False

    def check(self) -> None:
        """Return when the database can be used; raise what is wrong otherwise."""
        if self._done:
            self._database.command("ping")
            return
        prepare(self._deps)
        self._done = True

    def try_now(self) -> None:
        """Prepare at the start; with the database down the process starts as well, not ready."""
        try:
            self.check()
        except Exception as error:
            if not is_world_down(error):
                raise
            log.warning("the database cannot be reached yet", error=type(error).__name__)
