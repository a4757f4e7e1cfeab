"""Two relays, or two senders, at the same work: leases and claims that vanish while they are held.

Each service has two workers with the same slots; without the lease, both send.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.faults.chaos import Injected, NotNow

from ihala.mongo import Database, Document, is_world_down


class LostLease:
    """The relay's lease is gone: the other worker takes it while the first believes to hold it."""

    kind = "duplicate relay"

    def __init__(self, databases: Mapping[str, Database[Document]]) -> None:
        self._databases = databases

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        name = chance.choice(sorted(self._databases))
        _remove(self._databases[name])
        return Injected(f"{name}-relays")


class LostClaims:
    """Every claim on a notification is gone: both workers take what one of them is sending."""

    kind = "duplicate sender"

    def __init__(self, database: Database[Document]) -> None:
        self._notifications = database["notifications"]

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        try:
            self._notifications.update_many({}, {"$unset": {"claimed_until": ""}})
        except Exception as error:
            raise _not_now(error) from error
        return Injected("notifications-senders")


def _remove(database: Database[Document]) -> None:
    try:
        database["leases"].delete_many({})
    except Exception as error:
        raise _not_now(error) from error


def _not_now(error: Exception) -> Exception:
    return NotNow(repr(error)) if is_world_down(error) else error
