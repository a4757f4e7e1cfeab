"""Process 2, the worker: relay, consumer of reports, imports, areas, long histories."""

from __future__ import annotations

import os
import sys

from ihala.config import load
from ihala.events.consumer import Consumer, each
from ihala.events.kafka import KafkaSettings
from ihala.events.relay import Relay
from ihala.mongo import Database, Document, connect
from ihala.worker import Loop, Task, run_worker
from ihala_registry.config import RegistryWorkerSettings
from ihala_registry.handlers.outlets import outlets_of
from ihala_registry.handlers.reports import GROUP, REPORTS, handlers_of
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.publish_areas import publish_areas
from ihala_registry.usecases.work_off_imports import work_off_imports
from ihala_registry.wiring import Prepared, make_deps


def tasks_of(
    settings: RegistryWorkerSettings, database: Database[Document], deps: Deps
) -> list[Task]:
    """Everything that the worker does."""
    kafka = KafkaSettings.of(settings)
    outlets = list(outlets_of(database).values())
    slots = settings.relay_slots
    return [
        *(Relay(outlets, kafka, database, slot, slots) for slot in range(slots)),
        Consumer("registry", GROUP, {REPORTS: each(handlers_of(deps))}, kafka, database),
        Loop("imports", lambda: work_off_imports(deps), idle_s=0.5),
        Loop("areas", lambda: publish_areas(deps), idle_s=2.0),
        Loop("histories", deps.histories.trim, idle_s=60.0),
    ]


def main() -> int:
    """Run until told to stop; raises ConfigError, naming what is wrong."""
    settings = load(RegistryWorkerSettings, os.environ)
    database = connect(settings.mongodb_uri)
    deps = make_deps(database, settings)
    Prepared(database, deps).try_now()
    return run_worker("registry", settings, tasks_of(settings, database, deps))


if __name__ == "__main__":
    sys.exit(main())
