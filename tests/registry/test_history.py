"""The history of a facility, however long it gets."""

from __future__ import annotations

from tests.registry.conftest import Registry, Session
from tests.registry.samples import DIALYSIS, registered

from ihala.caller import system
from ihala.events.event import Happened
from ihala.events.history import entries
from ihala_registry.store.facilities import LONG_HISTORY

EVENTS = LONG_HISTORY + 30


def long_lived(editor: Session, registry: Registry) -> str:
    """A facility that was reported on so often, none of which was sent yet."""
    path = registered(editor, DIALYSIS)
    id_ = path.rpartition("/")[2]
    reports = [Happened("facility.status_reported", {})] * (EVENTS - 1)
    more = entries(id_, 1, reports, system("tests"), registry.clock())
    registry.deps.facilities.collection.update_one(
        {"_id": id_},
        {"$push": {"history": {"$each": more}}, "$set": {"seq": EVENTS, "version": EVENTS}},
    )
    return path


def seqs(editor: Session, path: str) -> list[int]:
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = editor.get(f"{path}/history", limit=40, **cursor).json
        found += [one["seq"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_sent_events_are_moved_out_and_still_read(editor: Session, registry: Registry) -> None:
    """The document keeps the newest; the whole history has no hole and repeats nothing."""
    path = long_lived(editor, registry)
    known = {"_id": path.rpartition("/")[2]}
    collection, histories = registry.deps.facilities.collection, registry.deps.histories
    whole = list(range(EVENTS, 0, -1))

    assert histories.trim() == 0, "nothing was sent yet, so nothing may go"
    collection.update_one(known, {"$set": {"unsent": 21}})
    assert histories.trim() == 1
    assert seqs(editor, path) == whole
    collection.update_one(known, {"$unset": {"unsent": "", "unsent_at": ""}})
    histories.trim()

    document = collection.find_one(known)
    assert document is not None
    assert len(document["history"]) == 50
    assert (document["version"], document["seq"]) == (EVENTS, EVENTS)
    assert seqs(editor, path) == whole


def test_a_crash_between_copying_and_removing_repeats_nothing(
    editor: Session, registry: Registry
) -> None:
    """An event that is in both places is read once."""
    path = long_lived(editor, registry)
    known = {"_id": path.rpartition("/")[2]}
    collection, histories = registry.deps.facilities.collection, registry.deps.histories
    collection.update_one(known, {"$unset": {"unsent": "", "unsent_at": ""}})
    before = collection.find_one(known)
    assert before is not None
    histories.trim()
    collection.update_one(known, {"$set": {"history": before["history"]}})

    assert seqs(editor, path) == list(range(EVENTS, 0, -1))
    histories.trim()
    assert seqs(editor, path) == list(range(EVENTS, 0, -1))
