"""Leases: one holder at a time for a named piece of work; they end when their holder dies."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ihala.clock import Clock, utc_now
from ihala.mongo import Collection, Document, DuplicateKeyError

_BEYOND_BELIEF = 10
"""No clock is wrong by so many times the length of a lease, unless it was set wrong by hand."""

_US = f"{socket.gethostname()}:{os.getpid()}"


class Lease:
    """A lease on ``name``; hold it by calling ``held`` more often than every ``ttl_s`` seconds.

    Times are compared by the holders' clocks: with clocks that differ, two may hold it for the
    difference. What is done under a lease must therefore be harmless when done twice. A lease that
    ends implausibly late was taken by a clock that was wrong, and counts as free.

    ``term`` counts how often we got it while it was not ours: a change says that somebody else may
    have held it meanwhile.
    """

    def __init__(
        self,
        collection: Collection[Document],
        name: str,
        clock: Clock = utc_now,
        ttl_s: float = 6.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.term = 0
        self._collection = collection
        self._name = name
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)
        self._holder = f"{_US}:{secrets.token_hex(4)}"
        self._monotonic = monotonic
        self._renew_at_s = monotonic()

    def held(self) -> bool:
        """Take or renew the lease; False while somebody else holds it.

        Asks the database only once a third of the lease is over, whatever the wall clock says.
        """
        asked_at_s = self._monotonic()
        if asked_at_s < self._renew_at_s:
            return True
        now = self._clock()
        if not self._renewed(now):
            if not self._taken(now):
                return False
            self.term += 1
        self._renew_at_s = asked_at_s + self._ttl.total_seconds() / 3
        return True

    def _renewed(self, now: datetime) -> bool:
        ours = {"_id": self._name, "holder": self._holder}
        until = {"$set": {"until": now + self._ttl}}
        return self.term > 0 and bool(self._collection.update_one(ours, until).matched_count)

    def _taken(self, now: datetime) -> bool:
        beyond_belief = now + self._ttl * _BEYOND_BELIEF
        free = {"$or": [{"until": {"$lte": now}}, {"until": {"$gt": beyond_belief}}]}
        taken = {"$set": {"holder": self._holder, "until": now + self._ttl}}
        try:
            self._collection.update_one({"_id": self._name, **free}, taken, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    def release(self) -> None:
        """Let the next one have it at once."""
        self._renew_at_s = self._monotonic()
        self._collection.delete_one({"_id": self._name, "holder": self._holder})
