"""Process 2: the relay, the consumers, and everything that is sent."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial

from ihala.events.consumer import Consumer
from ihala.events.kafka import KafkaSettings
from ihala.events.meter import meters
from ihala.events.relay import Relay
from ihala.mongo import Database, Document
from ihala.prepared import Prepared
from ihala.worker import Loop, Task, run_worker
from ihala_notifications.config import WorkerSettings
from ihala_notifications.handlers.effects import GROUPS, handlers
from ihala_notifications.handlers.outgoing import outlet_of
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.usecases.send_loop import Sender, find_due
from ihala_notifications.wiring import DUE, make_worker_deps, prepare

SERVICE = "notifications"
_POLL_EVERY_S = 0.25
_DROPPED_AT_ONCE = 500


def tasks_of(settings: WorkerSettings, database: Database[Document]) -> list[Task]:
    """Everything that the worker does, each in a thread of its own."""
    kafka = KafkaSettings.of(settings)
    deps = make_worker_deps(database, settings)
    Prepared(database, partial(prepare, deps)).wait()
    effects = handlers(deps)
    consumers = [
        Consumer(SERVICE, group, {topic: effects[topic] for topic in topics}, kafka, database)
        for group, topics in GROUPS.items()
    ]
    slots = settings.relay_slots
    outlets = [outlet_of(deps.notifications)]
    relays = [Relay(outlets, kafka, database, slot, slots) for slot in range(slots)]
    senders = [Sender(deps, number) for number in range(1, settings.send_threads + 1)]
    poll = Loop("find-due", lambda: find_due(deps), idle_s=_POLL_EVERY_S)
    old = Loop("retention", lambda: _drop_old(deps, settings.kept_days), idle_s=3600.0)
    measuring = meters(kafka, outlets, GROUPS, [database[name] for name in DUE])
    return [*relays, *consumers, *senders, poll, old, *measuring]


def _drop_old(deps: WorkerDeps, days: int) -> int:
    """Remove a batch of what is older than that; 0 is never."""
    if not days:
        return 0
    return deps.notifications.drop_made_before(
        deps.clock() - timedelta(days=days), _DROPPED_AT_ONCE
    )


def main() -> int:
    """Run until told to stop; the exit status."""
    return run_worker(SERVICE, WorkerSettings, tasks_of)


if __name__ == "__main__":
    sys.exit(main())
