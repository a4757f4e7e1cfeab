"""Compacted topics: the last word on each key stays, what was withdrawn goes, views agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka.admin import ConfigResource
from tests.kafka.conftest import log_of
from tests.shared.events.conftest import SOMEBODY, World, running

from ihala.events.event import Event, Happened
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.projection import Projection
from ihala.events.rebuild import rebuild
from ihala.events.relay import Relay
from ihala.events.topics import TOPICS
from ihala.mongo import Document
from ihala.testing.kafka_cluster import KafkaCluster
from ihala.testing.waiting import wait_for

pytestmark = pytest.mark.kafka

CONTACTS = "referrals.contacts"
_AT_ONCE = {
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": "0",
    "segment.ms": "200",
}


@pytest.fixture
def compacting(one_broker: KafkaCluster) -> Iterator[None]:
    """The topic compacts at once what it would compact after a week."""
    configure(one_broker, _AT_ONCE)
    yield
    as_before = {"delete.retention.ms": "86400000", "segment.ms": "604800000"}
    as_before |= {"min.cleanable.dirty.ratio": "0.5", **dict(TOPICS[CONTACTS].settings)}
    configure(one_broker, as_before)


def configure(cluster: KafkaCluster, settings: dict[str, str]) -> None:
    admin = cluster.admin()
    admin.alter_configs([ConfigResource("TOPIC", CONTACTS, settings)])
    admin.close()


def granted(id_: str, jwe: str) -> Happened:
    return Happened("contact.granted", {"person_id": id_, "jwe": jwe})


WITHDRAWN = Happened("contact.withdrawn", None)


def relay_of_contacts(world: World) -> Relay:
    def outgoing(document: Document, entry: Document) -> Outgoing:
        return Outgoing(CONTACTS, document["_id"], entry["data"])

    outlet = Outlet(world.history, "ihala/test", frozenset({CONTACTS}), outgoing)
    return Relay([outlet], world.kafka, world.database)


def contact_of(event: Event) -> Document:
    return {"_id": event.subject, "seq": event.seq, "jwe": (event.data or {}).get("jwe")}


def reachable(projection: Projection, world: World) -> dict[str, tuple[int, str]]:
    """Who may be reached, and how, among this test's people."""
    mine = {"_id": {"$regex": world.tag}, "jwe": {"$ne": None}}
    return {it["_id"]: (it["seq"], it["jwe"]) for it in projection.collection.find(mine)}


@pytest.mark.usefixtures("compacting")
def test_a_view_rebuilt_from_a_compacted_topic_is_the_live_one(world: World) -> None:
    """Old words and withdrawn keys are gone from the log, and nothing is missing from the view."""
    live = Projection(world.database, "contacts", contact_of)
    kept = [f"per-{world.tag}-{number}" for number in range(20)]
    withdrawn = [f"per-{world.tag}-{number}-w" for number in range(10)]
    for id_ in kept + withdrawn:
        words = [granted(id_, f"word {number}") for number in range(25)]
        last = [WITHDRAWN] if id_ in withdrawn else []
        world.history.create(id_, {}, words + last, SOMEBODY)

    with running(relay_of_contacts(world), world.consumer(live, CONTACTS)):
        wait_for(lambda: set(reachable(live, world)) == set(kept), deadline_s=30)
        wait_for(lambda: rolled(world, kept, withdrawn), deadline_s=60, every_s=0.2)
        rebuilt_anew = Projection(world.database, "contacts_again", contact_of)
        rebuild(rebuilt_anew, CONTACTS, world.kafka)

        assert reachable(rebuilt_anew, world) == reachable(live, world)

    assert reachable(live, world) == dict.fromkeys(kept, (25, "word 24"))


def rolled(world: World, kept: list[str], withdrawn: list[str]) -> bool:
    """Give each partition something new, and see whether what was before is compacted."""
    for _ in range(6):
        id_ = f"later-{world.database.name}-{len(list(world.history.collection.find({}, {})))}"
        world.history.create(id_, {}, [granted(id_, "new")], SOMEBODY)
    left = [event.id for event in log_of(world, CONTACTS) if event.subject in {*kept, *withdrawn}]
    return left != [] and sorted(left) == sorted(f"{id_}:25" for id_ in kept)


def test_a_tombstone_takes_the_contact_away(world: World) -> None:
    """A record without a value travels as one, and arrives as the end of what was known."""
    live = Projection(world.database, "contacts", contact_of)
    id_ = f"per-{world.tag}"
    world.history.create(id_, {}, [granted(id_, "word")], SOMEBODY)

    with running(relay_of_contacts(world), world.consumer(live, CONTACTS)):
        wait_for(lambda: reachable(live, world), deadline_s=20)
        before = world.history.get(id_)
        assert before is not None
        world.history.save(before, {}, [WITHDRAWN], SOMEBODY)
        wait_for(lambda: not reachable(live, world), deadline_s=20)

    last = [event for event in log_of(world, CONTACTS) if event.subject == id_][-1]
    assert (last.type, last.data, last.seq) == ("contact.withdrawn", None, 2)
