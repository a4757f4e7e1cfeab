"""Projections: read models of other services' facts, which can be dropped and rebuilt.

A projection lives in a collection ``<name>_v<n>``; a small document says which one is current.
A rebuild fills the next one beside it, while the live consumer writes to both, and swaps when it
has read what the topics held at its start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ihala.events.event import Event
from ihala.mongo import (
    BulkWriteError,
    Collection,
    Database,
    Document,
    UpdateOne,
    raise_unless_known,
)

_POINTER_KEPT_S = 1.0

IndexKeys = Sequence[tuple[str, int | str]]


@dataclass(frozen=True, slots=True)
class Views:
    """The collection that is read, and the one that is being built beside it."""

    current: str
    building: str | None = None

    @property
    def all(self) -> list[str]:
        """Every collection that events are written to."""
        return [self.current, self.building] if self.building else [self.current]


class Projection:
    """Keeps, per subject, what ``document_of`` makes of the newest event.

    ``document_of`` gives a document with ``_id`` and ``seq``, or None for an event that changes
    nothing here. An event with the ``seq`` that is kept already, or a lower one, is ignored, so
    that duplicates and late events do no harm. It is an Effect of ihala.events.consumer.
    """

    def __init__(
        self,
        database: Database[Document],
        name: str,
        document_of: Callable[[Event], Document | None],
        indexes: Sequence[IndexKeys] = (),
    ) -> None:
        self.name = name
        self._database = database
        self._document_of = document_of
        self._indexes = indexes
        self._pointers = database["projections"]
        self._views = Views(f"{name}_v1")
        self._read_at = -_POINTER_KEPT_S

    @property
    def collection(self) -> Collection[Document]:
        """The view as it is read now; ask again for each request, it may be swapped."""
        return self._database[self.views().current]

    def views(self) -> Views:
        """Which collections there are; at most a second old."""
        if time.monotonic() - self._read_at >= _POINTER_KEPT_S:
            kept = self._pointers.find_one({"_id": self.name}) or {}
            self._views = Views(kept.get("current", f"{self.name}_v1"), kept.get("building"))
            self._read_at = time.monotonic()
        return self._views

    def ensure_indexes(self) -> None:
        """Make the current view's indexes; safe to call at every start."""
        self._index(self.collection)

    def apply(self, events: Sequence[Event]) -> None:
        """See Effect: the newest event of each subject is written, where it is newer."""
        documents = self._newest(events)
        for name in self.views().all:
            _write(self._database[name], documents)

    def _newest(self, events: Sequence[Event]) -> list[Document]:
        newest: dict[str, Document] = {}
        for event in events:
            document = self._document_of(event)
            if document is None:
                continue
            kept = newest.get(document["_id"])
            if kept is None or document["seq"] > kept["seq"]:
                newest[document["_id"]] = document
        return list(newest.values())

    def start_building(self) -> str:
        """Open the next view, empty, and let live events flow into it; its name.

        Returns once every process must have noticed. One left over by a broken rebuild is dropped.
        """
        views = self.views()
        number = int(views.current.rpartition("_v")[2]) + 1
        building = f"{self.name}_v{number}"
        self._database.drop_collection(building)
        self._index(self._database[building])
        self._point(Views(views.current, building))
        time.sleep(2 * _POINTER_KEPT_S)
        return building

    def apply_to(self, name: str, events: Sequence[Event]) -> None:
        """Apply events to the view that is being built, alone."""
        _write(self._database[name], self._newest(events))

    def swap(self) -> str:
        """Make the view that was built the current one; the name of the old one, to be dropped."""
        self._read_at = -_POINTER_KEPT_S
        views = self.views()
        if views.building is None:
            raise RuntimeError(f"no rebuild of {self.name} is under way")
        self._point(Views(views.building))
        time.sleep(2 * _POINTER_KEPT_S)
        self._database.drop_collection(views.current)
        return views.current

    def _point(self, views: Views) -> None:
        pointer = {"current": views.current, "building": views.building}
        self._pointers.replace_one({"_id": self.name}, pointer, upsert=True)
        self._views, self._read_at = views, time.monotonic()

    def _index(self, collection: Collection[Document]) -> None:
        for keys in self._indexes:
            collection.create_index(list(keys))


def _write(collection: Collection[Document], documents: Sequence[Mapping[str, Any]]) -> None:
    """Upsert what is newer. An older one fails to match, tries to insert, and meets the newer."""
    if not documents:
        return
    writes = [
        UpdateOne(
            {"_id": document["_id"], "seq": {"$lt": document["seq"]}},
            {"$set": {name: value for name, value in document.items() if name != "_id"}},
            upsert=True,
        )
        for document in documents
    ]
    try:
        collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        raise_unless_known(error)
