"""The relay: sends what the documents' histories say has happened, and remembers what was sent.

Guarantees: an event is sent at least once, and the events of one document in their order. Nothing
is marked as sent before the broker has acknowledged it. A relay that stood still while another one
took over notices before it sends more, and begins from what that one has left. A topic that lost
what it had acknowledged (the broker came back empty, the topic was made anew) is noticed, and its
events are sent again from the documents.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kafka.errors import KafkaError

from ihala.correlation import log_threads
from ihala.events.doorbell import listen
from ihala.events.envelope import Record
from ihala.events.history import SLOTS
from ihala.events.kafka import KafkaSettings
from ihala.events.outbox import Sent, mark_sent, replay, set_aside, unsent, unsent_threads
from ihala.events.outlet import Outlet, records_of
from ihala.events.spans import EventSpans, Thread
from ihala.events.topic_watch import Acknowledged, TopicWatch
from ihala.leases import Lease
from ihala.logs import logger
from ihala.metrics import REPLAYS, count_failure, count_sent
from ihala.mongo import Database, Document, is_world_down

log = logger(__name__)

BATCH_DOCUMENTS = 5_000
CHUNK_DOCUMENTS = 500
_WATCH_EVERY_S = 2.0
_POLL_EVERY_S = 0.25
_ACKNOWLEDGED_WITHIN_S = 20.0


@dataclass(slots=True)
class Chunk:
    """Documents whose events the producer has, and the acknowledgements that are to come."""

    sent: list[Sent] = field(default_factory=list)
    futures: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    threads: list[str] = field(default_factory=list)
    traced: set[Thread] = field(default_factory=set)
    began_ns: int = field(default_factory=time.time_ns)


class TopicLost(Exception):
    """The broker acknowledged at an offset that it had acknowledged before: its log is another."""


class Relay:
    """One slot's share of all outlets' unsent events, sent while this process holds the lease."""

    def __init__(
        self,
        outlets: Sequence[Outlet],
        kafka: KafkaSettings,
        database: Database[Document],
        slot: int = 0,
        slots: int = 1,
    ) -> None:
        self.name = f"relay-{slot}"
        self.waiting_for: str | None = None
        self._outlets = outlets
        self._kafka = kafka
        self._database = database
        self._slots = {"$gte": slot * SLOTS // slots, "$lt": (slot + 1) * SLOTS // slots}
        self._lease = Lease(database["leases"], f"relay:{slot}/{slots}")
        topics = frozenset[str]().union(*(outlet.topics for outlet in outlets))
        for topic in topics:
            count_sent(topic, 0)
        self._spans = EventSpans(topics)
        self._watch = TopicWatch(database["relay_topics"], f"{slot}/{slots}", topics)
        self._producer: Any = None
        self._admin: Any = None
        self._watched_at = -_WATCH_EVERY_S
        self._term = 0
        self._bell = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """See ihala.worker.Task."""
        listener = (self._database, self._bell, stop)
        threading.Thread(target=listen, args=listener, name="doorbell", daemon=True).start()
        failures = 0
        while not stop.is_set():
            self._bell.clear()
            try:
                sent = self.step() if self._lease.held() else 0
                failures, self.waiting_for = 0, None
            except Exception as error:
                if not _is_bad_luck(error):
                    raise
                failures, self.waiting_for = failures + 1, type(error).__name__
                self._after(error, failures)
                stop.wait(min(5.0, 0.1 * 2**failures))
                continue
            if not sent:
                self._bell.wait(_POLL_EVERY_S)
        self.close()
        self._let_go()

    def _let_go(self) -> None:
        """Release the lease; with the database away it runs out by itself."""
        try:
            self._lease.release()
        except Exception as error:
            if not is_world_down(error):
                raise

    def step(self) -> int:
        """Send one batch of every outlet; the number of events that were acknowledged."""
        self._begin_term()
        self._look_at_topics()
        return sum(self._send(outlet) for outlet in self._outlets)

    def _begin_term(self) -> None:
        """Forget what was known of the topics when somebody else may have sent meanwhile."""
        if self._term != self._lease.term:
            self._term = self._lease.term
            self._watch.read_again()
            self._watched_at = -_WATCH_EVERY_S

    def _after(self, error: Exception, failures: int) -> None:
        """The clients are dropped: what was in flight is read again, and sent by new ones."""
        log.warning("cannot send events now", error=repr(error)[:300], failures=failures)
        count_failure(self.name, error)
        self.close()

    def _look_at_topics(self) -> None:
        """Every two seconds, and with every new producer: is what was acknowledged still there?"""
        if self._producer is not None and time.monotonic() - self._watched_at < _WATCH_EVERY_S:
            return
        if self._admin is None:
            self._admin = self._kafka.admin()
        self._replay(self._watch.lost(self._admin))
        if self._producer is None:
            self._producer = self._kafka.producer()
        self._watched_at = time.monotonic()

    def _replay(self, lost: frozenset[str]) -> None:
        """Mark all that went to these topics as unsent; only then forget what they were."""
        for outlet in self._outlets:
            if outlet.topics & lost:
                count = replay(outlet.history, {"slot": self._slots})
                log.warning("topic was lost, replaying", topics=sorted(lost), documents=count)
        for topic in lost:
            REPLAYS.labels(topic).inc()
        self._watch.forget(lost)

    def _send(self, outlet: Outlet) -> int:
        """Send what waits, chunk by chunk; while one is prepared, the one before is on its way.

        The lease is asked for with each chunk: we may have stood still, or have been slow.
        """
        sent = 0
        underway: Chunk | None = None
        waiting = unsent(outlet.history, self._slots, BATCH_DOCUMENTS)
        while (documents := list(islice(waiting, CHUNK_DOCUMENTS))) and self._is_our_term():
            chunk = self._produce(outlet, documents)
            if underway:
                sent += self._settle(outlet, underway)
            underway = chunk
        return sent + (self._settle(outlet, underway) if underway else 0)

    def _is_our_term(self) -> bool:
        """Whether the lease is ours still, and was ours since this batch began."""
        return self._lease.held() and self._lease.term == self._term

    def _produce(self, outlet: Outlet, documents: Iterable[Document]) -> Chunk:
        """Hand the documents' unsent events to the producer."""
        chunk = Chunk()
        for document in documents:
            records = self._records(outlet, document)
            for topic, record in records:
                chunk.futures[topic].append(
                    self._producer.send(
                        topic, value=record.value, key=record.key, headers=record.headers
                    )
                )
            chunk.traced |= self._spans.threads_of(records)
            if records:
                place = document["unsent"], document["seq"], document.get("replays")
                chunk.sent.append(Sent(document["_id"], *place))
                chunk.threads.extend(unsent_threads(document))
        return chunk

    def _settle(self, outlet: Outlet, chunk: Chunk) -> int:
        """Wait for every acknowledgement, then mark the chunk as sent; how many events it had."""
        for topic, futures in chunk.futures.items():
            if not self._watch.acknowledge(topic, _acknowledged(futures)):
                raise TopicLost(topic)
            count_sent(topic, len(futures))
        self._spans.sent(chunk.traced, chunk.began_ns)
        mark_sent(outlet.history, chunk.sent)
        log_threads(log, "events sent", chunk.threads, relay=self.name, documents=len(chunk.sent))
        return sum(len(futures) for futures in chunk.futures.values())

    def _records(self, outlet: Outlet, document: Document) -> list[tuple[str, Record]]:
        """The document's unsent events as records; none when it had to be set aside.

        Whatever is wrong with one document, a mistake of ours, must not hold up the others.
        """
        try:
            return list(records_of(outlet, document))
        except Exception as error:
            log.exception("events cannot be sent, document is set aside", id=document["_id"])
            set_aside(outlet.history, document["_id"], repr(error))
            return []

    def close(self) -> None:
        """Let go of the broker; the next step makes new clients."""
        clients, self._producer, self._admin = (self._producer, self._admin), None, None
        for client in clients:
            if client is not None:
                _close(client)


def _acknowledged(futures: Iterable[Any]) -> dict[int, Acknowledged]:
    """What the broker took, by partition; raises KafkaError when it did not take all."""
    taken: dict[int, Acknowledged] = {}
    for future in futures:
        at = future.get(timeout=_ACKNOWLEDGED_WITHIN_S)
        first = taken.get(at.partition, Acknowledged(at.offset, 0)).first
        taken[at.partition] = Acknowledged(first, at.offset + 1)
    return taken


def _close(client: Any) -> None:
    """Close a client that may be broken already: there is nothing left to do about it."""
    try:
        client.close(timeout=2) if hasattr(client, "send") else client.close()
    except KafkaError as error:
        log.info("client did not close cleanly", error=repr(error)[:200])


def _is_bad_luck(error: Exception) -> bool:
    return isinstance(error, (KafkaError, TopicLost, OSError)) or is_world_down(error)
