"""A change stream as a doorbell: it rings when a document has events to send."""

from __future__ import annotations

import threading

from ihala.logs import logger
from ihala.mongo import Database, Document, PyMongoError

log = logger(__name__)

_HAS_UNSENT: list[Document] = [
    {
        "$match": {
            "$or": [
                {"fullDocument.unsent": {"$exists": True}},
                {"updateDescription.updatedFields.unsent": {"$exists": True}},
            ]
        }
    },
    {"$project": {"_id": 1}},
]


def listen(database: Database[Document], bell: threading.Event, stop: threading.Event) -> None:
    """Ring ``bell`` for every write that left events unsent, until ``stop`` is set.

    Only a convenience: whoever waits for the bell also looks by itself now and then, so that a
    stream that breaks, or a MongoDB without streams, costs nothing but a little time.
    """
    while not stop.is_set():
        try:
            with database.watch(_HAS_UNSENT, max_await_time_ms=500) as stream:
                while not stop.is_set() and stream.alive:
                    if stream.try_next() is not None:
                        bell.set()
        except PyMongoError as error:
            log.info("no doorbell now, polling only", error=type(error).__name__)
            stop.wait(2.0)
