"""One member of a consumer group in a process of its own, which may be killed or stopped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from ihala.events.consumer import Consumer
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.mongo import Database, Document, DuplicateKeyError, connect


class Guarded:
    """Writes down, per subject, what was applied, guarded by its place as every effect is."""

    def __init__(self, database: Database[Document]) -> None:
        self._applied = database["applied"]

    def apply(self, events: Sequence[Event]) -> None:
        """See ihala.events.consumer.Effect."""
        for event in events:
            known = {"_id": event.subject, "seq": {"$lt": event.seq}}
            done = {"$set": {"seq": event.seq}, "$push": {"applied": event.seq, "by": os.getpid()}}
            try:
                self._applied.update_one(known, done, upsert=True)
            except DuplicateKeyError:
                continue


def main(servers: str, uri: str, group: str, topic: str) -> None:
    """Consume until the process is ended."""
    kafka = KafkaSettings(tuple(servers.split(",")), session_timeout_ms=2_000)
    database = connect(uri)
    effects = {topic: Guarded(database)}
    Consumer("referrals", group, effects, kafka, database).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
