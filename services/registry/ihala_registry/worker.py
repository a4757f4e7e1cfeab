"""Process 2, the worker: relay, consumer of reports, imports, areas, long histories."""

from __future__ import annotations

import sys
from functools import partial

from ihala.events.consumer import Consumer
from ihala.events.effect import each
from ihala.events.kafka import KafkaSettings
from ihala.events.meter import meters
from ihala.events.relay import Relay
from ihala.mongo import Database, Document
from ihala.prepared import Prepared
from ihala.worker import Loop, Task, run_worker
from ihala_registry.config import RegistryWorkerSettings
from ihala_registry.handlers.outlets import outlets_of
from ihala_registry.handlers.reports import GROUP, REPORTS, handlers_of
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.publish_areas import publish_areas
from ihala_registry.usecases.work_off_imports import work_off_imports
from ihala_registry.wiring import DUE, make_deps, prepare

SERVICE = "registry"


def tasks_of(settings: RegistryWorkerSettings, database: Database[Document]) -> list[Task]:
    """Everything that the worker does, each in a thread of its own."""
    deps = make_deps(database, settings)
    Prepared(database, partial(prepare, deps)).wait()
    kafka = KafkaSettings.of(settings)
    outlets = list(outlets_of(database).values())
    slots = settings.relay_slots
    return [
        *(Relay(outlets, kafka, database, slot, slots) for slot in range(slots)),
        Consumer(SERVICE, GROUP, {REPORTS: each(handlers_of(deps))}, kafka, database),
        Loop("imports", lambda: work_off_imports(deps), idle_s=0.5),
        Loop("areas", lambda: publish_areas(deps), idle_s=2.0),
        Loop("histories", deps.histories.trim, idle_s=60.0),
        Loop("retention", lambda: _keep_for(deps, settings), idle_s=3600.0),
        *meters(kafka, outlets, {GROUP: (REPORTS,)}, [database[name] for name in DUE]),
    ]


def _keep_for(deps: Deps, settings: RegistryWorkerSettings) -> int:
    """Tell MongoDB when what is to go; 0, since it does the rest."""
    deps.reports.keep_for(settings.reports_kept_days)
    deps.imports.keep_for(settings.imports_kept_days)
    deps.import_rows.keep_for(settings.imports_kept_days)
    return 0


def main() -> int:
    """Run until told to stop; the exit status."""
    return run_worker(SERVICE, RegistryWorkerSettings, tasks_of)


if __name__ == "__main__":
    sys.exit(main())
