"""A poison event parks its key alone; what waits behind it is applied in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tests.shared.events.conftest import SOMEBODY, TOPIC, Seen, World, happened, running

from ihala.clock import utc_now
from ihala.events.event import Event
from ihala.events.parking import Parking, ParkingDesk
from ihala.mongo import Database, Document
from ihala.testing.waiting import wait_for

POISON = "unmet"


def poison(world: World) -> Callable[[Event], bool]:
    """Fails this test's poison events; those of other tests lie in the same topic."""
    return lambda event: event.type == f"referral.{POISON}" and world.tag in event.id


class _Whole(Seen):
    """Applies all of a batch or nothing, so that it counts exactly what took effect.

    The topic holds repeats that other tests made on purpose, so ids would not do.
    """

    def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            if self.fails(event):
                raise ValueError(f"cannot apply {event.id}")
        super().apply(events)


def parked(world: World) -> list[Document]:
    return ParkingDesk(world.database).listed()


def test_a_poison_event_parks_its_key_alone(world: World) -> None:
    """Other keys flow at once; later events of the same key queue behind it."""
    sick = f"thing-{world.tag}-sick"
    world.history.create(sick, {}, [happened(), happened(POISON), happened("sent")], SOMEBODY)
    healthy = [world.create(number) for number in range(20)]
    seen = Seen([], poison(world))

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: len(parked(world)) == 2, deadline_s=20)
        wait_for(lambda: len(set(world.mine(seen))) == 21, deadline_s=20)

    assert set(world.mine(seen)) == {f"{sick}:1", *(f"{id_}:1" for id_ in healthy)}
    assert [document["event"]["id"] for document in parked(world)] == [f"{sick}:2", f"{sick}:3"]
    assert "ValueError: cannot apply" in parked(world)[0]["error"]


def test_what_is_parked_counts_as_applied_only_once_it_was(world: World) -> None:
    sick, group = f"thing-{world.tag}-sick", f"counted-{world.tag}"
    world.history.create(sick, {}, [happened(POISON), happened("sent")], SOMEBODY)
    healthy = threading.Event()
    seen = _Whole([], lambda event: poison(world)(event) and not healthy.is_set())

    def all_are_counted() -> bool:
        name = {"group": group, "topic": TOPIC}
        counted = REGISTRY.get_sample_value("ihala_events_applied_total", name)
        return counted == len(seen.events)

    with running(world.relay(), world.consumer(seen, group=group)):
        wait_for(lambda: len(parked(world)) == 2, deadline_s=20)
        wait_for(all_are_counted, deadline_s=20)
        healthy.set()
        assert ParkingDesk(world.database).retry(parked(world)[0]["_id"], "operator", "mended")
        wait_for(lambda: len(world.mine(seen)) == 2, deadline_s=20)
        wait_for(all_are_counted, deadline_s=20)


def test_retrying_applies_the_queue_in_order(world: World) -> None:
    """Once what was wrong is mended, one retry of the head is enough."""
    sick = f"thing-{world.tag}-sick"
    later = [happened(name) for name in ("sent", "received", "accepted")]
    world.history.create(sick, {}, [happened(POISON), *later], SOMEBODY)
    healthy = threading.Event()
    seen = Seen([], lambda event: poison(world)(event) and not healthy.is_set())

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: len(parked(world)) == 4, deadline_s=20)
        healthy.set()
        head = parked(world)[0]["_id"]
        assert ParkingDesk(world.database).retry(head, "operator", "the handler was mended")
        wait_for(lambda: not parked(world), deadline_s=20)

    assert world.mine(seen) == [f"{sick}:{seq}" for seq in (1, 2, 3, 4)]
    audit = world.database["parked_audit"].find_one({"act": "retry"})
    assert audit is not None
    assert audit["reason"] == "the handler was mended"


def test_an_event_that_was_mended_or_skipped_lets_the_rest_flow(world: World) -> None:
    """Editing replaces the data, skipping gives the event up; both keep what it was."""
    edited, skipped = f"thing-{world.tag}-edit", f"thing-{world.tag}-skip"
    for id_ in (edited, skipped):
        world.history.create(id_, {}, [happened(priority="routine"), happened("sent")], SOMEBODY)
    seen = Seen(
        [], lambda event: world.tag in event.id and (event.data or {})["priority"] == "routine"
    )
    desk = ParkingDesk(world.database)

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: len(parked(world)) == 4, deadline_s=20)
        heads = {document["key"]: document for document in reversed(parked(world))}
        mended = {**heads[edited]["event"]["data"], "priority": "urgent"}
        desk.edit(heads[edited]["_id"], mended, "operator", "the priority was wrong")
        desk.skip(heads[skipped]["_id"], "operator", "a test's event")
        wait_for(lambda: not parked(world), deadline_s=20)

    assert world.mine(seen).count(f"{edited}:1") == 1
    assert set(world.mine(seen)) == {f"{edited}:1", f"{edited}:2", f"{skipped}:2"}


def test_an_operators_act_needs_a_reason(world: World) -> None:
    """Without one, nothing is done."""
    parking = Parking(world.database, "some-group")
    parking.park("referrals.events", an_event(), "broken", 1)
    head = parked(world)[0]["_id"]

    with pytest.raises(ValueError, match="reason"):
        ParkingDesk(world.database).skip(head, "operator", "  ")

    assert [document["_id"] for document in parked(world)] == [head]


def test_parking_twice_parks_once(database: Database[Document]) -> None:
    """A redelivered event is recognised."""
    parking = Parking(database, "some-group")

    parking.park("referrals.events", an_event(), "broken", 1)
    parking.park("referrals.events", an_event(), "broken again", 1)

    assert [document["error"] for document in ParkingDesk(database).listed()] == ["broken"]


def test_waiting_grows_from_a_minute_to_a_day(database: Database[Document]) -> None:
    """1 min, 5 min, 30 min, 2 h, then daily."""
    now = utc_now()
    clock = [now]
    parking = Parking(database, "some-group", lambda: clock[0])
    parking.park("referrals.events", an_event(), "broken", 1)
    waits = []

    for _ in range(6):
        due = ParkingDesk(database).listed()[0]["due"]
        waits.append(due - clock[0])
        clock[0] = due
        (head,) = parking.claim_due()
        parking.failed(head, "still broken")

    assert waits == [
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(days=1),
        timedelta(days=1),
    ]


def an_event() -> Event:
    return Event("ref_1:1", "referral.sent", "ihala/test", "ref_1", utc_now(), {"a": 1}, "ref_1", 1)
