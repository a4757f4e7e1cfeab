"""The road of an event: written with its document, sent by the relay, applied by a consumer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from tests.shared.events.conftest import SOMEBODY, Seen, World, happened, running

from ihala.events.history import SLOTS
from ihala.events.outbox import oldest_unsent, unsent
from ihala.events.outlet import Outlet
from ihala.events.relay import Chunk
from ihala.mongo import Document
from ihala.testing.parts import Broker
from ihala.testing.waiting import wait_for


def everything_sent(world: World) -> bool:
    return oldest_unsent(world.history) is None


def test_every_event_of_every_document_arrives_once_and_in_order(world: World) -> None:
    """The plain case: nothing fails, nothing comes twice."""
    for number in range(50):
        world.create(number, events=3)
    seen = Seen([])

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: len(world.mine(seen)) >= 150, deadline_s=20, what="150 events")

    assert sorted(world.mine(seen)) == sorted(world.expected(50, 3))
    places: dict[str, list[int]] = defaultdict(list)
    for event in seen.events:
        places[event.subject].append(event.seq or 0)
    assert all(arrived == sorted(arrived) for arrived in places.values())
    assert everything_sent(world)


def test_an_event_carries_its_thread_and_its_place(world: World) -> None:
    """Correlation, sequence, key and time survive the road."""
    id_ = world.create(0)
    seen = Seen([])

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: world.mine(seen), deadline_s=20)

    event = next(event for event in seen.events if event.subject == id_)
    document = world.history.get(id_)
    assert document is not None
    entry = document["history"][0]
    assert (event.id, event.seq, event.key) == (f"{id_}:1", 1, id_)
    assert event.correlation_id == "thread-1"
    assert event.time == entry["time"]
    assert event.data == entry["data"]


def test_relays_share_the_documents_by_slots(world: World) -> None:
    """Two relays with two slots send everything, each its own share."""
    for number in range(100):
        world.create(number)
    first = {"$gte": 0, "$lt": SLOTS // 2}
    assert 10 < len(list(unsent(world.history, first, 1000))) < 90
    seen = Seen([])

    with running(world.relay(0, 2), world.relay(1, 2), world.consumer(seen)):
        wait_for(lambda: len(world.mine(seen)) >= 100, deadline_s=20)

    assert sorted(world.mine(seen)) == sorted(world.expected(100))


def test_an_event_written_while_its_document_is_being_sent_is_sent_too(world: World) -> None:
    """Marking as sent is guarded by what was read."""
    id_ = world.create(0)
    relay = world.relay()
    wait_for(relay._lease.held, deadline_s=10)
    original = relay._produce

    def slow(outlet: Outlet, documents: Iterable[Document]) -> Chunk:
        chunk = original(outlet, documents)
        document = world.history.get(id_)
        assert document is not None
        if document["seq"] == 1:
            world.history.save(document, {"state": 1}, [happened("sent")], SOMEBODY)
        return chunk

    relay._produce = slow  # type: ignore[method-assign]
    seen = Seen([])

    with running(relay, world.consumer(seen)):
        wait_for(lambda: len(world.mine(seen)) >= 2, deadline_s=20)

    assert world.mine(seen) == [f"{id_}:1", f"{id_}:2"]
    assert everything_sent(world)


def test_a_document_whose_events_break_their_contract_holds_up_nobody(world: World) -> None:
    """It is set aside with the reason; the others are sent."""
    bad = f"thing-{world.tag}-bad"
    world.history.create(bad, {}, [happened(not_declared=1)], SOMEBODY)
    good = world.create(1)
    seen = Seen([])

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: world.mine(seen), deadline_s=20)

    document = world.history.get(bad)
    assert document is not None
    assert world.mine(seen) == [f"{good}:1"]
    assert "additionalProperties" in document["stuck"]


def test_with_the_broker_down_writing_goes_on_and_events_follow_in_order(own_world: World) -> None:
    """A dead broker costs the writers nothing."""
    world, seen = own_world, Seen([])
    own_world.broker.kill()
    ids = [world.create(number, events=2) for number in range(20)]

    with running(world.relay(), world.consumer(seen)):
        assert oldest_unsent(world.history) is not None
        world.broker.restart()
        wait_for(lambda: set(world.mine(seen)) >= world.expected(20, 2), deadline_s=30)

    for id_ in ids:
        first = [event_id for event_id in world.mine(seen) if event_id.startswith(id_)]
        assert first.index(f"{id_}:1") < first.index(f"{id_}:2")


def test_a_broker_that_comes_back_empty_gets_everything_again(own_world: World) -> None:
    """Its topics are others now: the documents' events are replayed, without anybody's help."""
    world, early, late = own_world, Seen([]), Seen([])
    for number in range(30):
        world.create(number)

    with running(world.relay(), world.consumer(early)):
        wait_for(lambda: len(set(world.mine(early))) == 30, deadline_s=20)
        world.broker.kill()
        world.broker.restart()
        with running(world.consumer(late)):
            wait_for(lambda: set(world.mine(late)) == world.expected(30), deadline_s=30)


def test_a_consumer_misses_nothing_when_the_broker_comes_back_empty(own_world: World) -> None:
    """It reads the new log from its beginning, though it had a position in the old one."""
    world, seen = own_world, Seen([])
    for number in range(200):
        world.create(number)

    def arrived(things: int) -> bool:
        return len(set(world.mine(seen))) == things

    with running(world.relay(), world.consumer(seen)):
        wait_for(partial(arrived, 200), deadline_s=20)
        for start in (200, 250, 300):
            world.broker.kill()
            for number in range(start, start + 50):
                world.create(number)
            world.broker.restart()
            wait_for(partial(arrived, start + 50), deadline_s=40, what=f"things from {start} on")

    assert set(world.mine(seen)) == world.expected(350)


def test_a_killed_broker_does_not_end_the_worker(own_broker: Broker, own_world: World) -> None:
    """Relay and consumer survive, and go on when it is back."""
    seen = Seen([])

    with running(own_world.relay(), own_world.consumer(seen)):
        own_broker.kill()
        own_broker.restart()
        own_world.create(0)
        wait_for(lambda: own_world.mine(seen), deadline_s=30)
