"""One write, one document: state, events and Idempotency-Key together, or not at all."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from ihala.caller import Caller, IdempotencyKey
from ihala.errors import AlreadyExists, KeyReused, LostRace, TooLarge
from ihala.events.event import Happened
from ihala.events.history import HistoryCollection, answered, retrying
from ihala.mongo import Database, Document

SOMEBODY = Caller("somebody", correlation_id="thread-1")


def with_key(key: str, fingerprint: str) -> Caller:
    return dataclasses.replace(SOMEBODY, idempotency=IdempotencyKey(key, fingerprint))


@pytest.fixture
def things(database: Database[Document]) -> HistoryCollection:
    history = HistoryCollection(database["things"])
    history.ensure_indexes()
    return history


def test_a_new_document_holds_its_events(things: HistoryCollection) -> None:
    """Numbered from 1, unsent, with who, when and in which thread."""
    created = things.create("thing", {"state": 1}, [Happened("made", {"a": 1})], SOMEBODY)

    (entry,) = created.document["history"]
    assert (entry["id"], entry["seq"], entry["actor"]) == ("thing:1", 1, "somebody")
    assert entry["correlation_id"] == "thread-1"
    assert things.get("thing") == created.document
    assert created.document["unsent"] == 1


def test_a_change_appends_and_keeps_the_oldest_unsent(things: HistoryCollection) -> None:
    """State, version and events move together."""
    before = things.create("thing", {"state": 1}, [Happened("made", {})], SOMEBODY).document

    after = things.save(before, {"state": 2}, [Happened("changed", {})], SOMEBODY)

    assert (after["state"], after["version"], after["seq"], after["unsent"]) == (2, 2, 2, 1)
    assert [entry["id"] for entry in after["history"]] == ["thing:1", "thing:2"]


def test_only_one_of_two_who_read_the_same_can_save(things: HistoryCollection) -> None:
    """The other reads again."""
    before = things.create("thing", {"state": 1}, [], SOMEBODY).document
    things.save(before, {"state": 2}, [], SOMEBODY)

    with pytest.raises(LostRace):
        things.save(before, {"state": 3}, [], SOMEBODY)


def test_retrying_makes_every_one_of_many_writers_win_in_the_end(things: HistoryCollection) -> None:
    """Eight writers add one each."""
    things.create("thing", {"count": 0}, [], SOMEBODY)

    def add_one() -> None:
        document = things.get("thing")
        assert document is not None
        things.save(document, {"count": document["count"] + 1}, [], SOMEBODY)

    threads = [threading.Thread(target=retrying(add_one, attempts=50)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    document = things.get("thing")
    assert document is not None
    assert (document["count"], document["version"]) == (8, 9)


def test_the_same_key_and_request_creates_once(things: HistoryCollection) -> None:
    """A caller who heard no answer asks again, and gets what was made."""
    first = things.create("one", {}, [Happened("made", {})], with_key("k", "same"))

    again = things.create("two", {}, [Happened("made", {})], with_key("k", "same"))

    assert again.replayed
    assert again.document["_id"] == first.document["_id"]
    assert things.collection.count_documents({}) == 1


def test_the_same_key_with_another_request_is_refused(things: HistoryCollection) -> None:
    """On creating, and on changing."""
    created = things.create("one", {}, [], with_key("k", "this"))
    changed = things.save(created.document, {"state": 2}, [], with_key("change", "this"))

    with pytest.raises(KeyReused):
        things.create("two", {}, [], with_key("k", "that"))
    with pytest.raises(KeyReused):
        answered(changed, with_key("change", "that"))
    assert answered(changed, with_key("change", "this"))
    assert not answered(changed, with_key("another", "this"))
    assert not answered(changed, SOMEBODY)


def test_an_id_that_is_taken_says_what_is_there(things: HistoryCollection) -> None:
    """How an event's effect recognises that it happened before."""
    things.create("thing", {"state": 1}, [], SOMEBODY)

    with pytest.raises(AlreadyExists) as caught:
        things.create("thing", {"state": 2}, [], SOMEBODY)

    assert caught.value.existing["state"] == 1


def test_a_document_that_has_grown_too_large_takes_no_more(things: HistoryCollection) -> None:
    """Before MongoDB's own limit makes it unreadable and unmendable."""
    grown = things.create("thing", {"state": "x" * 4_000_000}, [], SOMEBODY).document

    with pytest.raises(TooLarge):
        things.save(grown, {"state": "x" * 5_000_000}, [], SOMEBODY)
