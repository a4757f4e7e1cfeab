"""Leases: one holder at a time for a named piece of work; they end when their holder dies."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import timedelta

from ihala.clock import Clock, utc_now
from ihala.mongo import Collection, Document, DuplicateKeyError

_US = f"{socket.gethostname()}:{os.getpid()}"


class Lease:
    """A lease on ``name``; hold it by calling ``held`` more often than every ``ttl_s`` seconds.

    Times are compared by the holders' clocks: with clocks that differ, two may hold it for the
    difference. What is done under a lease must therefore be harmless when done twice.
    """

    def __init__(
        self,
        collection: Collection[Document],
        name: str,
        clock: Clock = utc_now,
        ttl_s: float = 6.0,
    ) -> None:
        self._collection = collection
        self._name = name
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)
        self._holder = f"{_US}:{secrets.token_hex(4)}"
        self._renew_at = clock() - self._ttl

    def held(self) -> bool:
        """Take or renew the lease; False while somebody else holds it.

        Asks the database only once a third of the lease is over.
        """
        now = self._clock()
        if now < self._renew_at:
            return True
        free = {"$or": [{"holder": self._holder}, {"until": {"$lte": now}}]}
        taken = {"$set": {"holder": self._holder, "until": now + self._ttl}}
        try:
            result = self._collection.update_one({"_id": self._name, **free}, taken, upsert=True)
        except DuplicateKeyError:
            return False
        if result.modified_count or result.upserted_id is not None:
            self._renew_at = now + self._ttl / 3
            return True
        return False

    def release(self) -> None:
        """Let the next one have it at once."""
        self._renew_at = self._clock() - self._ttl
        self._collection.delete_one({"_id": self._name, "holder": self._holder})
