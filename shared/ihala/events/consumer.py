"""The consumer: reads topics, applies events, and commits what was applied.

Guarantees: an event is applied at least once, and the events of one key in their order; effects
make applying twice harmless. Offsets are committed only after the effects, the parking or the
dead letter of every record before them. A record that cannot be read goes to dead letters; an
event that fails is parked with all later ones of its key; while the world is down, nothing is
lost or skipped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from ihala.correlation import log_threads, loggable
from ihala.events.contracts import InvalidEvent, check_received
from ihala.events.dead_letters import DeadLetters
from ihala.events.effect import Effect
from ihala.events.envelope import Record, Unreadable, from_record
from ihala.events.event import Event
from ihala.events.kafka import KafkaSettings
from ihala.events.membership import Membership
from ihala.events.parking import Parking
from ihala.events.place_watch import PlaceWatch
from ihala.events.spans import EventSpans
from ihala.logs import logger
from ihala.metrics import PAUSED, count_applied, count_dead, count_failure
from ihala.mongo import Database, Document, is_world_down

log = logger(__name__)

_TRIES = 3
_LOOK_AT_PARKED_EVERY_S = 0.5

Batch = Mapping[TopicPartition, Sequence[Any]]


class Consumer:
    """One member of a consumer group: one thread, one poll loop."""

    def __init__(
        self,
        service: str,
        group: str,
        effects: Mapping[str, Effect],
        kafka: KafkaSettings,
        database: Database[Document],
    ) -> None:
        self.name = f"consumer-{group}"
        self.waiting_for: str | None = None
        self._group = group
        self._effects = effects
        self._kafka = kafka
        self._parking = Parking(database, group)
        self._dead_letters = DeadLetters(service, kafka)
        self._spans = EventSpans(effects, group)
        self._places = PlaceWatch(kafka, group, effects)
        self._membership = Membership(kafka, group, self._places)
        self._consumer: Any = None
        self._looked_at = 0.0
        for topic in effects:
            count_applied(group, topic, ())

    def run(self, stop: threading.Event) -> None:
        """See ihala.worker.Task."""
        failures = 0
        while not stop.is_set():
            try:
                self._step(stop)
                failures = 0
                self.waiting_for = None if self._membership.is_in else self.waiting_for
            except Exception as error:
                if not (isinstance(error, (KafkaError, OSError)) or is_world_down(error)):
                    raise
                failures, self.waiting_for = failures + 1, type(error).__name__
                log.warning("cannot consume now", group=self._group, error=repr(error)[:300])
                count_failure(self.name, error)
                self._drop_clients()
                stop.wait(min(5.0, 0.1 * 2**failures))
        self._drop_clients()

    def _step(self, stop: threading.Event) -> None:
        if self._consumer is None:
            self._parking.ensure_indexes()
            self._consumer = self._kafka.consumer(self._group)
            self._consumer.subscribe(sorted(self._effects), listener=self._membership)
            self._membership.ask()
        self._try_parked()
        self._take(self._poll(), stop)

    def _poll(self) -> Batch:
        """The next records, without those from the middle of a topic that was made anew."""
        began_ns = time.time_ns()
        batch: dict[TopicPartition, Sequence[Any]] = self._consumer.poll(timeout_ms=200)
        self._membership.check(self._consumer)
        self._spans.polled(batch, began_ns)
        if batch or self._places.is_due():
            for partition in self._places.moved(self._consumer):
                batch.pop(partition, None)
        return batch

    def _take(self, batch: Batch, stop: threading.Event) -> None:
        """Apply a batch and commit it; while the world is down, hold on to it and to the group."""
        failures = 0
        while batch and not stop.is_set():
            try:
                self._apply(batch)
            except Exception as error:
                if not is_world_down(error):
                    raise
                failures, self.waiting_for = failures + 1, type(error).__name__
                log.warning("waiting for the world", group=self._group, error=repr(error)[:300])
                count_failure(self.name, error)
                batch = self._hold(batch, min(5.0, 0.1 * 2**failures), stop)
                continue
            self._commit(batch)
            return

    def _hold(self, batch: Batch, wait_s: float, stop: threading.Event) -> Batch:
        """Stay a member of the group without reading on; the batch that is to be tried next.

        After a rebalance that is whatever comes from the last commit on.
        """
        PAUSED.labels(self._group).set(1)
        self._membership.moved = False
        self._consumer.pause(*self._consumer.assignment())
        until = time.monotonic() + wait_s
        fresh: Batch = {}
        while time.monotonic() < until and not stop.is_set() and not fresh:
            fresh = self._consumer.poll(timeout_ms=100)
        self._consumer.resume(*self._consumer.paused())
        PAUSED.labels(self._group).set(0)
        return fresh if self._membership.moved or fresh else batch

    def _apply(self, batch: Batch) -> None:
        by_topic: dict[str, list[Event]] = {}
        for partition, records in batch.items():
            events = by_topic.setdefault(partition.topic, [])
            events.extend(event for record in records if (event := self._read(record)))
        applied: dict[str, Sequence[Event]] = {}
        began_ns = time.time_ns()
        for topic, events in by_topic.items():
            applied[topic] = self._apply_events(topic, events) if events else ()
            count_applied(self._group, topic, applied[topic])
        self._spans.applied(applied, began_ns)
        if done := [event for events in applied.values() for event in events]:
            self._say_applied(done)

    def _say_applied(self, events: Sequence[Event]) -> None:
        """Neither topics nor a number of events: less those in metrics, it is that of protected."""
        ids = (event.correlation_id for event in events)
        keys = len({event.key for event in events})
        log_threads(log, "events applied", ids, group=self._group, keys=keys)

    def _read(self, record: Any) -> Event | None:
        """The event of a record, or None when it is not for us or went to dead letters."""
        try:
            event = from_record(Record(record.key, record.value, record.headers))
            return event if check_received(event, record.topic) else None
        except (Unreadable, InvalidEvent) as error:
            self._dead_letters.send(record, self._group, str(error))
            count_dead(self._group, record.topic)
            log.warning("dead letter", group=self._group, topic=record.topic, reason=str(error))
            return None

    def _apply_events(self, topic: str, events: Sequence[Event]) -> Sequence[Event]:
        """All at once when nothing is in the way, else one by one; those that were not parked."""
        blocked = self._parking.blocked({event.key for event in events})
        if blocked or not self._applied_at_once(topic, events):
            return self._apply_singly(topic, events, blocked)
        return events

    def _applied_at_once(self, topic: str, events: Sequence[Event]) -> bool:
        try:
            self._effects[topic].apply(events)
        except Exception as error:
            if is_world_down(error):
                raise
            log.info("one of a batch failed", group=self._group, error=repr(error)[:300])
            return False
        return True

    def _apply_singly(
        self, topic: str, events: Sequence[Event], blocked: set[str]
    ) -> Sequence[Event]:
        applied = []
        for event in events:
            if event.key in blocked:
                self._parking.park(topic, event, "waits for an earlier event of its key", 0)
                continue
            began_ns = time.time_ns()
            error = self._error_of(topic, event)
            if error is None:
                applied.append(event)
                continue
            self._spans.tried("apply", topic, event, began_ns, failed=True)
            thread = loggable(event.correlation_id)
            about = {"group": self._group, "event_id": event.id, "correlation_id": thread}
            log.error("event parked", **about, error=error)
            self._parking.park(topic, event, error, 1)
            blocked.add(event.key)
        return applied

    def _error_of(self, topic: str, event: Event) -> str | None:
        """What is wrong when an event fails three times, else None."""
        problem = None
        for _ in range(_TRIES):
            try:
                self._effects[topic].apply([event])
            except Exception as error:  # Whatever a handler raises belongs to this event alone.
                if is_world_down(error):
                    raise
                problem = f"{type(error).__name__}: {error}"
                count_failure(self.name, error)
            else:
                return None
        return problem

    def _try_parked(self) -> None:
        """Now and then, apply parked heads that are due; they can wait while the world is down."""
        if time.monotonic() - self._looked_at < _LOOK_AT_PARKED_EVERY_S:
            return
        self._looked_at = time.monotonic()
        try:
            if self._parking.measure():
                self._apply_parked()
        except Exception as error:
            if not is_world_down(error):
                raise

    def _apply_parked(self) -> None:
        """A key whose head succeeds goes on with its next event at once."""
        while due := self._parking.claim_due():
            for parked in due:
                began_ns, topic, event = time.time_ns(), parked.topic, parked.event
                error = self._error_of(topic, event)
                self._spans.tried("retry", topic, event, began_ns, failed=error is not None)
                if error is None:
                    self._parking.applied(parked)
                    count_applied(self._group, topic, [event])
                    self._say_applied([event])
                else:
                    self._parking.failed(parked, error)

    def _commit(self, batch: Batch) -> None:
        """Commit behind the last record of each partition; a lost commit means reading it again."""
        offsets = {
            partition: self._places.behind(partition, records[-1])
            for partition, records in batch.items()
            if records
        }
        self._consumer.commit(offsets, timeout_ms=10_000)

    def _drop_clients(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._dead_letters.close()
        self._places.close()
        if consumer is not None and self._membership.takes_leave:
            consumer.close(autocommit=False, timeout_ms=2_000)
        elif consumer is not None:
            consumer.vanish(timeout_ms=2_000)
