"""One holder at a time; the next one when it dies or lets go."""

from __future__ import annotations

from datetime import datetime, timedelta

from ihala.clock import utc_now
from ihala.leases import Lease
from ihala.mongo import Database, Document


def lease(database: Database[Document], now: list[datetime]) -> Lease:
    """A lease whose wall clock and monotonic clock go together."""

    def monotonic() -> float:
        return now[0].timestamp()

    return Lease(database["leases"], "work", lambda: now[0], ttl_s=6, monotonic=monotonic)


def test_one_holder_until_it_is_silent_or_lets_go(database: Database[Document]) -> None:
    """A lease that is not renewed runs out; one that is released is free at once."""
    now = [utc_now()]
    first, second = (lease(database, now) for _ in range(2))

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


def test_a_holder_notices_that_it_stood_still_while_others_worked(
    database: Database[Document],
) -> None:
    """Its next turn is another term; renewing in time is the same one."""
    now = [utc_now()]
    first, second = (lease(database, now) for _ in range(2))
    assert first.held()
    begun = first.term
    now[0] += timedelta(seconds=4)
    assert first.held()
    assert first.term == begun

    now[0] += timedelta(seconds=8)
    assert second.held()
    assert not first.held()
    second.release()

    assert first.held()
    assert first.term == begun + 1


def test_a_clock_set_back_does_not_let_a_holder_believe_for_longer(
    database: Database[Document],
) -> None:
    """Whether to ask the database again is decided by the monotonic clock."""
    now, elapsed_s = [utc_now()], [0.0]
    first = Lease(database["leases"], "work", lambda: now[0], 6, monotonic=lambda: elapsed_s[0])
    assert first.held()

    now[0] -= timedelta(hours=3)
    elapsed_s[0] += 7
    others = {"holder": "somebody else", "until": now[0] + timedelta(seconds=6)}
    database["leases"].update_one({"_id": "work"}, {"$set": others})

    assert not first.held()


def test_a_lease_taken_by_a_clock_far_ahead_does_not_outlive_its_holder_by_hours(
    database: Database[Document],
) -> None:
    """A clock ahead by seconds is believed; one ahead by hours is not."""
    right, seconds, hours = [utc_now()], [utc_now()], [utc_now()]
    seconds[0] += timedelta(seconds=20)
    hours[0] += timedelta(hours=3)
    assert lease(database, seconds).held()
    assert not lease(database, right).held()
    database["leases"].delete_many({})

    assert lease(database, hours).held()

    assert lease(database, right).held()
