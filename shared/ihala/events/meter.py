"""Measuring what waits: events that are not sent, records that are not read, work that is late.

Each worker measures for itself, whether or not it holds a lease, so that a relay that hangs and a
consumer that died show. What cannot be measured now is taken away rather than left as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from kafka.errors import KafkaError

from ihala.due import overdue_s
from ihala.events.kafka import KafkaSettings
from ihala.events.lag import lags
from ihala.events.outbox import unsent_age_s
from ihala.events.outlet import Outlet
from ihala.events.topics import is_counted
from ihala.logs import logger
from ihala.metrics import DUE_OLDEST_S, LAG, UNSENT_OLDEST_S, count_failure
from ihala.mongo import Collection, Document
from ihala.worker import Loop, Task

log = logger(__name__)

_AGES_EVERY_S = 1.0
_LAG_EVERY_S = 10.0

Groups = Mapping[str, Sequence[str]]


def meters(
    kafka: KafkaSettings,
    outlets: Sequence[Outlet],
    groups: Groups,
    due: Sequence[Collection[Document]] = (),
) -> list[Task]:
    """The tasks that measure; each look costs one read by an index, or one question per broker.

    ``due`` are the collections whose documents have a ``due_at`` with its index.
    """
    ages = Loop("ages", partial(measure_ages, outlets, due), idle_s=_AGES_EVERY_S)
    return [ages, LagMeter(kafka, groups)]


def measure_ages(outlets: Sequence[Outlet], due: Sequence[Collection[Document]]) -> int:
    """Set the gauges that the documents alone can tell; always 0, for there is nothing to do."""
    for outlet in outlets:
        name = outlet.history.collection.name
        UNSENT_OLDEST_S.labels(name).set(unsent_age_s(outlet.history))
    for collection in due:
        DUE_OLDEST_S.labels(collection.name).set(overdue_s(collection))
    return 0


class LagMeter:
    """Measures how far the groups are behind; that it cannot ask keeps nobody from anything."""

    name = "lag"
    waiting_for: str | None = None

    def __init__(self, kafka: KafkaSettings, groups: Groups) -> None:
        self._kafka = kafka
        self._groups = groups
        self._admin: Any = None

    def run(self, stop: threading.Event) -> None:
        """See ihala.worker.Task."""
        while not stop.is_set():
            try:
                self._measure()
            except (KafkaError, OSError) as error:
                log.info("lag cannot be measured now", error=type(error).__name__)
                count_failure(self.name, error)
                LAG.clear()
                self._close()
            stop.wait(_LAG_EVERY_S)
        self._close()

    def _measure(self) -> None:
        if self._admin is None:
            self._admin = self._kafka.admin()
        for lag in lags(self._admin, self._groups):
            if is_counted(lag.topic):
                LAG.labels(lag.group, lag.topic).set(lag.behind)

    def _close(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()
