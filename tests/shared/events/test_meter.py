"""What waits is measured, by whoever is alive, and what is protected is not counted."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import REGISTRY
from tests.shared.events.conftest import TOPIC, Seen, World, running

from ihala.clock import utc_now
from ihala.due import DueWork, overdue_s
from ihala.events.event import Event
from ihala.events.meter import LagMeter, measure_ages, meters
from ihala.events.topics import TOPICS
from ihala.metrics import count_applied, count_dead, count_sent
from ihala.testing.waiting import wait_for


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_the_age_of_the_oldest_unsent_event_shows_while_no_relay_runs(world: World) -> None:
    world.create(1)
    old = utc_now() - timedelta(minutes=5)
    world.history.collection.update_one({}, {"$set": {"unsent_at": old}})

    with running(*meters(world.kafka, [world.relay()._outlets[0]], {})):
        wait_for(
            lambda: (sample("ihala_unsent_oldest_age_seconds", outlet="things") or 0) >= 300,
            deadline_s=20,
            what="the gauge",
        )


def test_how_late_the_oldest_due_work_is_shows(world: World) -> None:
    things = world.database["late_things"]
    DueWork(things).ensure_indexes()
    now = utc_now()
    things.insert_many(
        [{"due_at": now + timedelta(hours=1)}, {"due_at": now - timedelta(minutes=2)}, {}]
    )

    measure_ages([], [things])

    late_s = sample("ihala_due_oldest_age_seconds", work="late_things")
    assert late_s is not None
    assert late_s >= 120
    things.delete_many({"due_at": {"$lt": now}})
    assert overdue_s(things) == 0


def test_the_lag_of_a_group_rises_and_falls(world: World) -> None:
    group = f"lag-{world.tag}"
    meter = LagMeter(world.kafka, {group: [TOPIC]})
    world.create(1, events=3)
    seen = Seen([])
    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: len(world.mine(seen)) == 3, deadline_s=30)

    meter._measure()
    before = sample("ihala_consumer_lag_records", group=group, topic=TOPIC)
    with running(world.consumer(Seen([]), group=group)):
        wait_for(lambda: lag_now(meter, group) == 0, deadline_s=30, what="the group to catch up")
    meter._close()

    assert before is not None
    assert before >= 1
    applied = sample("ihala_events_applied_total", group=group, topic=TOPIC)
    assert applied is not None
    assert applied >= 3
    assert sample("ihala_event_delay_seconds_count", group=group, topic=TOPIC)


def lag_now(meter: LagMeter, group: str) -> float | None:
    meter._measure()
    return sample("ihala_consumer_lag_records", group=group, topic=TOPIC)


def test_a_lag_that_cannot_be_asked_for_is_taken_away(world: World) -> None:
    """A figure of an hour ago must not pass for one of now."""
    broken = LagMeter(type(world.kafka)(("127.0.0.1:1",)), {"nobody": [TOPIC]})
    working = LagMeter(world.kafka, {f"gone-{world.tag}": [TOPIC]})
    working._measure()
    working._close()
    name = {"group": f"gone-{world.tag}", "topic": TOPIC}
    assert sample("ihala_consumer_lag_records", **name) is not None

    with running(broken):
        wait_for(lambda: sample("ihala_consumer_lag_records", **name) is None, deadline_s=60)


def test_what_only_some_may_read_has_no_series() -> None:
    """From no metric can it be read that there is a protection referral, let alone how many."""
    protected = "referrals.protected"
    assert TOPICS[protected].readers == ("notifications",)
    event = Event("1", "protected.updated", "test", "ref_1", utc_now(), {}, "ref_1")

    count_sent(protected, 1)
    count_applied("notifications.referrals", protected, [event])
    count_dead("notifications.referrals", protected)

    labels = [s.labels for metric in REGISTRY.collect() for s in metric.samples]
    assert protected not in [value for some in labels for value in some.values()]
