"""``ihala replay``: what was sent counts as unsent."""

from __future__ import annotations

from tests.shared.cli.smallest import Ihala, outlets

from ihala.caller import Caller, Role
from ihala.events.event import Happened
from ihala.events.outbox import Sent, mark_sent, unsent
from ihala.ids import new_id
from ihala.mongo import Database, Document

EDITOR = Caller("editor", None, frozenset(), frozenset({Role.REGISTRY_EDITOR}))


def sent_facility(database: Database[Document]) -> str:
    history = outlets(database)["facilities"].history
    id_ = new_id("fac")
    history.create(id_, {}, [Happened("facility.registered", {})], EDITOR)
    mark_sent(history, [Sent(id_, 1, 1)])
    return id_


def test_a_replay_marks_one_aggregate_or_all_as_unsent(
    ihala: Ihala, database: Database[Document]
) -> None:
    first, second = sent_facility(database), sent_facility(database)
    history = outlets(database)["facilities"].history

    one = ihala("replay", "registry", first)
    waiting = [it["_id"] for it in unsent(history, {"$gte": 0}, 10)]
    all_ = ihala("replay", "registry", "--yes")

    assert one.exit_code == all_.exit_code == 0
    assert waiting == [first]
    assert {it["_id"] for it in unsent(history, {"$gte": 0}, 10)} == {first, second}


def test_a_replay_of_nothing_or_of_an_unknown_collection_is_refused(ihala: Ihala) -> None:
    assert "has no fac_none" in ihala("replay", "registry", "fac_none").output
    assert "only: facilities" in ihala("replay", "registry", "x", "--outlet", "beds").output
    assert ihala("replay", "registry").exit_code == 1
