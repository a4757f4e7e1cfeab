"""The checker complains about each thing that can be wrong, and about nothing in a right world."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.faults.right_world import REFERRAL, World, mail, right_world
from tests.faults.traffic import Made

from ihala.mongo import Collection, Document, connect
from ihala.testing.mongod import Mongod
from ihala.testing.plugin import drop_database
from ihala.testing.tokens import Issuer


@pytest.fixture
def world(mongod: Mongod, issuer: Issuer) -> Iterator[World]:
    tag = os.urandom(4).hex()
    names = ("registry", "referrals", "notifications")
    uris = {name: mongod.uri(f"checked_{name}_{tag}") for name in names}
    databases = {name: connect(uri) for name, uri in uris.items()}
    yield right_world(databases, uris["registry"], issuer)
    for name, database in databases.items():
        database.client.close()
        drop_database(uris[name])


def referrals(world: World) -> Collection[Document]:
    return world.databases["referrals"]["referrals"]


def told(world: World) -> Collection[Document]:
    return world.databases["notifications"]["notifications"]


def change(collection: Collection[Document], id_: str, update: Mapping[str, Any]) -> None:
    assert collection.update_one({"_id": id_}, update).matched_count == 1


def again(collection: Collection[Document], id_: str) -> None:
    """The same document a second time, as if its effect had been applied twice."""
    document = collection.find_one({"_id": id_})
    assert document is not None
    collection.insert_one({**document, "_id": f"{id_}_again"})


def state_of_first_mail(world: World, state: str) -> None:
    states = [{"state": "created"}, {"state": state}]
    wanted = {"messages.1.state": state, "messages.1.states": states}
    change(told(world), "ntf_1", {"$set": wanted})


def seqs(world: World) -> list[int]:
    return world.wire.seqs["referrals.events", REFERRAL]


def test_a_right_world_has_no_mistakes(world: World) -> None:
    """Else nothing that follows would mean anything."""
    assert world.mistakes() == []


def test_an_event_that_is_on_the_wire_again_is_no_mistake(world: World) -> None:
    """Consumers know it; the report counts it."""
    world.wire.add("referrals.events", REFERRAL, 2, "referral.sent")

    assert world.mistakes() == []
    assert world.wire.repeated == 1


def test_a_message_that_nobody_knows_of_may_have_come_or_not(world: World) -> None:
    """That is what "unknown" says."""
    state_of_first_mail(world, "unknown")
    assert world.mistakes() == []

    del world.mails[0]
    assert world.mistakes() == []


BREAKAGES: Mapping[str, tuple[Callable[[World], Any], str]] = {
    "a referral is lost": (
        lambda world: referrals(world).delete_one({"_id": REFERRAL}),
        "referral ref_1 is lost",
    ),
    "a referral was made twice": (
        lambda world: again(referrals(world), REFERRAL),
        "ref_1_again was made twice",
    ),
    "a clinic was told of one referral for two": (
        lambda world: world.made.append(Made(2, REFERRAL)),
        "ref_1 was told of 2 times",
    ),
    "a step is missing in a history": (
        lambda world: change(referrals(world), REFERRAL, {"$pop": {"history": 1}}),
        "ref_1 has the history",
    ),
    "a history has a hole": (
        lambda world: change(referrals(world), REFERRAL, {"$set": {"history.1.seq": 7}}),
        "ref_1 has holes",
    ),
    "an event never reached the topic": (
        lambda world: seqs(world).remove(3),
        "referrals.events has [1, 2, 4, 5]",
    ),
    "the last event never reached the topic": (
        lambda world: seqs(world).remove(5),
        "referrals.events has [1, 2, 3, 4]",
    ),
    "the first event is gone from a log that keeps all": (
        lambda world: seqs(world).remove(1),
        "referrals.events has [2, 3, 4, 5]",
    ),
    "two events changed places": (
        lambda world: seqs(world).__setitem__(slice(1, 3), [3, 2]),
        "referrals.events has [1, 3, 2, 4, 5]",
    ),
    "an event was sent again with other contents": (
        lambda world: world.wire.add("referrals.events", REFERRAL, 2, "referral.cancelled"),
        "ref_1:2 was sent with other contents",
    ),
    "a topic tells of what nobody knows": (
        lambda world: world.wire.add("referrals.events", "ref_9", 1, "referral.created"),
        "ref_9, which nobody knows",
    ),
    "an effect was never applied": (
        lambda world: told(world).delete_one({"_id": "ntf_2"}),
        "referral.accepted of ref_1 made 0 notifications",
    ),
    "an effect was applied twice": (
        lambda world: again(told(world), "ntf_2"),
        "referral.accepted of ref_1 made 2 notifications",
    ),
    "the wrong party was told": (
        lambda world: change(told(world), "ntf_1", {"$set": {"recipient.role": "sender"}}),
        "was told to the sender",
    ),
    "an inbox got a message twice": (
        lambda world: change(
            told(world),
            "ntf_3",
            {
                "$push": {
                    "messages": {
                        "id": "m",
                        "channel": "inbox",
                        "state": "a",
                        "states": [{"state": "a"}],
                    }
                }
            },
        ),
        "ntf_3 has the messages {'inbox': 2}",
    ),
    "a message was accepted twice": (
        lambda world: change(
            told(world), "ntf_1", {"$push": {"messages.1.states": {"state": "accepted"}}}
        ),
        "went through ['created', 'accepted', 'accepted']",
    ),
    "a message never came to an end": (
        lambda world: state_of_first_mail(world, "queued"),
        "still waits as queued",
    ),
    "a notification's own history has a hole": (
        lambda world: change(told(world), "ntf_1", {"$set": {"seq": 2}}),
        "ntf_1 has holes",
    ),
    "a mail came twice": (
        lambda world: world.mails.append(world.mails[0]),
        "came 2 times",
    ),
    "a mail was accepted and never came": (
        lambda world: world.mails.pop(),
        "never came",
    ),
    "a mail came that was given up": (
        lambda world: state_of_first_mail(world, "cancelled"),
        "is cancelled but came",
    ),
    "a mail came that nobody sent": (
        lambda world: world.mails.append(mail("msg_of_nobody")),
        "belongs to no message",
    ),
    "a projection missed an event": (
        lambda world: world.databases["referrals"]["facilities_v1"].update_one(
            {}, {"$set": {"lifecycle": "closed"}}
        ),
        "in facilities_v1",
    ),
    "a desk is missing": (
        lambda world: world.databases["notifications"]["desks_v1"].delete_many({}),
        "is None in desks_v1",
    ),
    "facts went back to an earlier event": (
        lambda world: world.databases["notifications"]["referral_facts_v1"].update_one(
            {}, {"$set": {"seq": 4}}
        ),
        "in notifications, {",
    ),
    "an event is parked": (
        lambda world: world.databases["referrals"]["parked"].insert_one({"_id": 1, "error": "no"}),
        "parked: 1 no",
    ),
    "a document was set aside": (
        lambda world: change(referrals(world), REFERRAL, {"$set": {"stuck": "a mistake"}}),
        "set aside: ref_1 a mistake",
    ),
}


@pytest.mark.parametrize("what", BREAKAGES)
def test_the_checker_complains_when(world: World, what: str) -> None:
    """Each thing that may be wrong is named."""
    breaks, complaint = BREAKAGES[what]

    breaks(world)

    assert any(complaint in mistake for mistake in world.mistakes())
