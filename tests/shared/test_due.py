"""Due work is claimed by one worker at a time, and again when that one dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ihala.clock import utc_now
from ihala.due import DueWork
from ihala.mongo import Database, Document


def test_many_workers_share_what_is_due_without_overlap(database: Database[Document]) -> None:
    """Earliest first; what is not due, or claimed, is left alone."""
    now = utc_now()
    due = [{"_id": n, "due_at": now - timedelta(seconds=n)} for n in range(300)]
    database["work"].insert_many([*due, {"_id": "later", "due_at": now + timedelta(hours=1)}])
    workers = [DueWork(database["work"]) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda worker: worker.claim(50), workers))

    claimed = [document["_id"] for claim in claims for document in claim]
    assert len(claimed) == len(set(claimed))
    while claim := workers[0].claim(50):
        claimed += [document["_id"] for document in claim]
    assert sorted(claimed) == list(range(300))


def test_a_claim_runs_out_when_its_holder_is_silent(database: Database[Document]) -> None:
    """The next worker takes it over, not before."""
    clock = [utc_now()]
    database["work"].insert_one({"_id": 1, "due_at": clock[0]})
    first, second = (DueWork(database["work"], lambda: clock[0], lease_s=60) for _ in range(2))

    assert [it["_id"] for it in first.claim(10)] == [1]
    clock[0] += timedelta(seconds=59)
    assert second.claim(10) == []
    clock[0] += timedelta(seconds=2)
    assert [it["_id"] for it in second.claim(10)] == [1]


def test_only_what_is_asked_for_is_claimed(database: Database[Document]) -> None:
    """A filter narrows the claim."""
    now = utc_now()
    database["work"].insert_many(
        [{"_id": n, "due_at": now, "kind": "odd" if n % 2 else "even"} for n in range(10)]
    )

    claimed = DueWork(database["work"]).claim(100, {"kind": "odd"})

    assert sorted(it["_id"] for it in claimed) == [1, 3, 5, 7, 9]


def test_a_claim_made_by_a_clock_far_ahead_holds_nobody_up(database: Database[Document]) -> None:
    """Its holder died; by its clock the claim would last for hours."""
    right = utc_now()
    database["work"].insert_one({"_id": 1, "due_at": right})
    ahead = DueWork(database["work"], lambda: right + timedelta(hours=3), lease_s=60)
    assert [it["_id"] for it in ahead.claim(10)] == [1]

    assert [it["_id"] for it in DueWork(database["work"], lambda: right).claim(10)] == [1]
