"""Process 2: the relay, the consumers, and everything that is sent."""

from __future__ import annotations

import os
import sys

from ihala.config import ConfigError, load
from ihala.events.consumer import Consumer
from ihala.events.kafka import KafkaSettings
from ihala.events.relay import Relay
from ihala.mongo import connect
from ihala.worker import Loop, Task, run_worker
from ihala_notifications.config import WorkerSettings
from ihala_notifications.handlers.effects import GROUPS, handlers
from ihala_notifications.handlers.outgoing import outlet_of
from ihala_notifications.usecases.send_loop import Sender, find_due
from ihala_notifications.wiring import Prepared, make_worker_deps

SERVICE = "notifications"
_POLL_EVERY_S = 0.25


def tasks_of(settings: WorkerSettings) -> list[Task]:
    """Everything that the worker does, each in a thread of its own."""
    database = connect(settings.mongodb_uri)
    kafka = KafkaSettings.of(settings)
    deps = make_worker_deps(database, settings)
    Prepared(database, deps).try_now()
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
    return [*relays, *consumers, *senders, poll]


def main() -> int:
    """Run until told to stop; the exit status."""
    try:
        settings = load(WorkerSettings, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - no log is configured yet
        return 2
    return run_worker(SERVICE, settings, tasks_of(settings))


if __name__ == "__main__":
    sys.exit(main())
