"""Process 2, the worker: the relay, the consumers, and what is due by time."""

from __future__ import annotations

import sys
from functools import partial

from ihala.due import DueWork
from ihala.events.consumer import Consumer
from ihala.events.kafka import KafkaSettings
from ihala.events.meter import meters
from ihala.events.relay import Relay
from ihala.mongo import Database, Document
from ihala.prepared import Prepared
from ihala.worker import Loop, Task, run_worker
from ihala_referrals.config import WorkerConfig
from ihala_referrals.handlers.effects import GROUPS, effects
from ihala_referrals.handlers.outgoing import outlet_of, sealed_with
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.due import meet
from ihala_referrals.usecases.forgetting import forget_ended
from ihala_referrals.wiring import DUE, REFERRALS, make_deps, prepare

SERVICE = "referrals"
_DUE_AT_ONCE = 50
_DUE_EVERY_S = 1.0


def tasks_of(settings: WorkerConfig, database: Database[Document]) -> list[Task]:
    """Everything that the worker does, each in a thread of its own."""
    kafka = KafkaSettings.of(settings)
    deps = make_deps(database, settings)
    Prepared(database, partial(prepare, deps)).wait()
    outlet = outlet_of(deps.referrals, sealed_with(deps, settings.contact_public_key))
    slots = settings.relay_slots
    relays = [Relay([outlet], kafka, database, slot, slots) for slot in range(slots)]
    consumers = [
        Consumer(SERVICE, group, of_group, kafka, database)
        for group, of_group in effects(deps).items()
    ]
    due = DueWork(database[REFERRALS], deps.clock)
    return [
        *relays,
        *consumers,
        Loop("due", lambda: meet_due(deps, due), idle_s=_DUE_EVERY_S),
        Loop("retention", lambda: forget_ended(deps, settings.persons_kept_days), idle_s=6 * 3600),
        *meters(kafka, [outlet], GROUPS, [database[name] for name in DUE]),
    ]


def meet_due(deps: Deps, due: DueWork) -> int:
    """Do what is due by now, a batch at a time; how many referrals that were."""
    return sum(meet(deps, document) for document in due.claim(_DUE_AT_ONCE))


def main() -> int:
    """Run until told to stop; the exit status."""
    return run_worker(SERVICE, WorkerConfig, tasks_of)


if __name__ == "__main__":
    sys.exit(main())
