"""A read model: guarded by the subject's sequence, rebuilt beside itself."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from tests.shared.events.conftest import TOPIC, World, running

from ihala.clock import utc_now
from ihala.events.event import Event
from ihala.events.projection import Projection
from ihala.events.rebuild import rebuild
from ihala.mongo import Database, Document
from ihala.testing.waiting import wait_for


def document_of(event: Event) -> Document | None:
    return {"_id": event.subject, "seq": event.seq, "priority": (event.data or {}).get("priority")}


def event(subject: str, seq: int) -> Event:
    data = {"priority": str(seq)}
    return Event(
        f"{subject}:{seq}", "referral.sent", "ihala/test", subject, utc_now(), data, subject, seq
    )


def kept(projection: Projection) -> dict[str, int]:
    return {document["_id"]: document["seq"] for document in projection.collection.find()}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)))))
def test_in_whatever_order_events_come_the_newest_is_kept(
    database: Database[Document], batches: Sequence[Sequence[tuple[str, int]]]
) -> None:
    """Duplicates and late events change nothing."""
    projection = Projection(database, "facts", document_of)
    projection.collection.drop()
    newest: dict[str, int] = {}

    for batch in batches:
        projection.apply([event(subject, seq) for subject, seq in batch])
        for subject, seq in batch:
            newest[subject] = max(seq, newest.get(subject, 0))

    assert kept(projection) == newest


def test_a_rebuild_reads_everything_while_events_keep_coming(own_world: World) -> None:
    """The new view has what the topic holds and what came meanwhile; the old one is gone."""
    world = own_world
    projection = Projection(world.database, "facts", document_of, [[("priority", 1)]])
    ids = [world.create(number, events=2) for number in range(40)]

    with running(world.relay(), world.consumer(projection)):
        wait_for(lambda: len(kept(projection)) == 40, deadline_s=20)
        projection.collection.delete_many({"_id": {"$in": ids[:10]}})
        applied = rebuild(projection, TOPIC, world.kafka)
        ids.append(world.create(40, events=2))
        wait_for(lambda: len(kept(projection)) == 41, deadline_s=20)

    assert applied >= 80
    assert kept(projection) == dict.fromkeys(ids, 2)
    assert projection.collection.name == "facts_v2"
    assert "priority_1" in projection.collection.index_information()
    assert "facts_v1" not in world.database.list_collection_names()
