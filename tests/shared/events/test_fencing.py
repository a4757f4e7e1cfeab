"""A relay that stood still, and wakes up while another one has gone on with its work."""

from __future__ import annotations

from collections.abc import Sequence

from kafka import TopicPartition
from tests.shared.events.conftest import SOMEBODY, TOPIC, World, happened

from ihala.events import relay as relays
from ihala.events.outbox import Sent, mark_sent, oldest_unsent, replay
from ihala.events.outlet import Outlet
from ihala.events.relay import Relay
from ihala.mongo import Document
from ihala.testing.waiting import wait_for


def sent_to(world: World) -> Sequence[str]:
    """This test's events on the topic, in the order of the log of each key."""
    consumer = world.kafka.consumer(None)
    partitions = [TopicPartition(TOPIC, n) for n in consumer.partitions_for_topic(TOPIC) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found: list[str] = []
    quiet = 0
    while quiet < 3:
        batch = consumer.poll(timeout_ms=300)
        quiet = 0 if batch else quiet + 1
        ids = (dict(r.headers)["ce_id"].decode() for records in batch.values() for r in records)
        found += [id_ for id_ in ids if world.tag in id_]
    consumer.close()
    return found


def lose_the_lease(world: World) -> None:
    """As if it had run out: whoever asks next gets it."""
    world.database["leases"].delete_many({})


def works(relay: Relay) -> None:
    wait_for(relay._lease.held, deadline_s=10)
    relay.step()


def test_a_relay_that_wakes_up_sends_nothing_that_another_has_taken_over(world: World) -> None:
    """It has read ten documents and sent two when it stands still; the rest is not sent twice."""
    for number in range(10):
        world.create(number)
    sleeper, other = world.relay(), world.relay()
    original = sleeper._produce
    chunks: list[relays.Chunk] = []

    def standing_still(outlet: Outlet, documents: Sequence[Document]) -> relays.Chunk:
        chunk = original(outlet, documents)
        if not chunks:
            sleeper._producer.flush()
            sleeper._lease._renew_at_s = 0.0
            lose_the_lease(world)
            works(other)
        chunks.append(chunk)
        return chunk

    sleeper._produce = standing_still  # type: ignore[method-assign, assignment]
    before, relays.CHUNK_DOCUMENTS = relays.CHUNK_DOCUMENTS, 2
    try:
        works(sleeper)
    finally:
        relays.CHUNK_DOCUMENTS = before

    sent = sent_to(world)
    assert set(sent) == world.expected(10)
    assert len(sent) == 10 + 2
    assert oldest_unsent(world.history) is None
    sleeper.close()
    other.close()


def test_a_late_mark_does_not_hide_what_was_replayed_meanwhile(world: World) -> None:
    """The log that acknowledged the event is lost; another relay has marked all as unsent."""
    id_ = world.create(1)
    acknowledged = Sent(id_, 1, 1)
    replay(world.history)

    mark_sent(world.history, [acknowledged])

    document = world.history.get(id_)
    assert document is not None
    assert document["unsent"] == 1
    mark_sent(world.history, [Sent(id_, 1, 1, document["replays"])])
    assert oldest_unsent(world.history) is None


def test_a_relay_that_takes_over_again_knows_what_was_acknowledged_to_another(
    world: World,
) -> None:
    """Else it would not notice that the log lost just that."""
    first, second = world.relay(), world.relay()
    id_ = world.create(1)
    works(first)
    lose_the_lease(world)
    first._lease._renew_at_s = 0.0
    document = world.history.get(id_)
    assert document is not None
    world.history.save(document, {}, [happened("sent")], SOMEBODY)
    works(second)
    second._lease.release()

    works(first)

    assert first._watch._last == second._watch._last
    first.close()
    second.close()
