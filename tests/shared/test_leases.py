"""One holder at a time; the next one when it dies or lets go."""

from __future__ import annotations

from datetime import timedelta

from ihala.clock import utc_now
from ihala.leases import Lease
from ihala.mongo import Database, Document


def test_one_holder_until_it_is_silent_or_lets_go(database: Database[Document]) -> None:
    """A lease that is not renewed runs out; one that is released is free at once."""
    now = [utc_now()]
    first, second = (Lease(database["leases"], "work", lambda: now[0], ttl_s=6) for _ in range(2))

    assert first.held()
    assert not second.held()
    now[0] += timedelta(seconds=4)
    assert first.held()
    now[0] += timedelta(seconds=4)
    assert not second.held()
    now[0] += timedelta(seconds=7)
    assert second.held()
    assert not first.held()
    second.release()
    assert first.held()
