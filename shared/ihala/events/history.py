"""One write, one document: an aggregate's document holds its state and the events it caused.

The document is ``{_id, version, seq, slot, …state…, history: [entry, …], unsent?, unsent_at?}``.
``history`` is the audit trail and the outbox at once; ``unsent`` is the ``seq`` of the first entry
that the relay has not delivered, and is there only while there is one. An Idempotency-Key is kept
in the document that it created or changed, in the same write.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from ihala.caller import Caller
from ihala.clock import Clock, utc_now
from ihala.errors import AlreadyExists, KeyReused, LostRace, TooLarge
from ihala.events.event import Happened
from ihala.inserting import Inserting
from ihala.mongo import (
    ASCENDING,
    Collection,
    Document,
    DuplicateKeyError,
    ReturnDocument,
    insert_new,
)

P = ParamSpec("P")
R = TypeVar("R")

SLOTS = 64
"""Documents are spread over so many slots by their id, so that several relays can share them."""

MAX_DOCUMENT_BYTES = 4_000_000
_KEPT_KEYS = 32
"""So many Idempotency-Keys of changes a document remembers: far more than a day brings."""

RESERVED = frozenset(
    {
        *("_id", "version", "seq", "slot", "history", "keys", "idempotency"),
        *("unsent", "unsent_at", "replays"),
    }
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A stored document; ``replayed`` when the same request had stored it before."""

    document: Document
    replayed: bool = False


class HistoryCollection:
    """A collection of aggregates whose every write carries its events."""

    def __init__(self, collection: Collection[Document], clock: Clock = utc_now) -> None:
        self.collection = collection
        self._inserting = Inserting(collection)
        self._clock = clock

    def ensure_indexes(self) -> None:
        """Make the indexes that sending and idempotency need; safe to call at every start."""
        self.collection.create_index(
            [("unsent_at", ASCENDING), ("slot", ASCENDING)],
            partialFilterExpression={"unsent": {"$exists": True}},
            name="unsent",
        )
        self.collection.create_index(
            "idempotency.key",
            unique=True,
            partialFilterExpression={"idempotency.key": {"$exists": True}},
            name="idempotency",
        )

    def create(
        self, id_: str, state: Mapping[str, Any], events: Sequence[Happened], by: Caller
    ) -> Saved:
        """Store a new aggregate with its first events, in one write.

        The same Idempotency-Key and request again gives what is stored by now, marked as replayed.
        Raises KeyReused when the key came with another request, and AlreadyExists for a known id.
        """
        now = self._clock()
        document = _new(id_, state, events, by, now)
        if by.idempotency:
            key, fingerprint = by.idempotency.value, by.idempotency.fingerprint
            document["idempotency"] = {"key": key, "fingerprint": fingerprint, "at": now}
        try:
            self._inserting.insert(document)
        except DuplicateKeyError as error:
            return self._created_before(id_, by, error)
        return Saved(document)

    def new(
        self, id_: str, state: Mapping[str, Any], events: Sequence[Happened], by: Caller
    ) -> Document:
        """A new aggregate's document with its first events, to be stored by ``create_many``."""
        return _new(id_, state, events, by, self._clock())

    def create_many(self, documents: Sequence[Document]) -> set[str]:
        """Store new aggregates in one bulk write; the ids of those that were there already.

        What is there already, by its id or by another unique field, stays as it is.
        """
        return insert_new(self.collection, documents)

    def _created_before(self, id_: str, by: Caller, error: DuplicateKeyError) -> Saved:
        if by.idempotency:
            existing = self.collection.find_one({"idempotency.key": by.idempotency.value})
            if existing is not None:
                _same_request(existing["idempotency"]["fingerprint"], by)
                return Saved(existing, replayed=True)
        existing = self.collection.find_one({"_id": id_})
        if existing is None:
            raise error
        raise AlreadyExists(f"{id_} exists already", existing) from error

    def get(self, id_: str) -> Document | None:
        """The aggregate's document as it stands, or None."""
        return self.collection.find_one({"_id": id_})

    def save(
        self,
        before: Mapping[str, Any],
        changes: Mapping[str, Any],
        events: Sequence[Happened],
        by: Caller,
        unset: Iterable[str] = (),
    ) -> Document:
        """Apply ``changes`` to the document read as ``before`` and append the events, in one write.

        Returns the document after it. Raises LostRace when it changed since it was read, and
        TooLarge when it has grown past what one document may hold.
        """
        now = self._clock()
        update = _update(before, changes, events, by, now)
        gone = dict.fromkeys(unset, "")
        if gone:
            update["$unset"] = gone
        after = self.collection.find_one_and_update(
            {
                "_id": before["_id"],
                "version": before["version"],
                "$expr": {"$lt": [{"$bsonSize": "$$ROOT"}, MAX_DOCUMENT_BYTES]},
            },
            update,
            return_document=ReturnDocument.AFTER,
        )
        if after is None:
            raise self._why_not(before)
        return after

    def _why_not(self, before: Mapping[str, Any]) -> Exception:
        known = {"_id": before["_id"], "version": before["version"]}
        if self.collection.count_documents(known, limit=1):
            return TooLarge(f"{before['_id']} has grown too large to be changed again")
        return LostRace(f"{before['_id']} was changed meanwhile; read it again and retry")


def _new(
    id_: str, state: Mapping[str, Any], events: Sequence[Happened], by: Caller, now: datetime
) -> Document:
    document: Document = {"_id": id_, "version": 1, "slot": slot_of(id_), **state}
    document |= {"seq": len(events), "history": entries(id_, 0, events, by, now)}
    if events:
        document |= {"unsent": 1, "unsent_at": now}
    return document


def _update(
    before: Mapping[str, Any],
    changes: Mapping[str, Any],
    events: Sequence[Happened],
    by: Caller,
    now: datetime,
) -> Document:
    update: Document = {"$inc": {"version": 1, "seq": len(events)}, "$push": {}}
    if changes:
        update["$set"] = dict(changes)
    if events:
        first = before["seq"] + 1
        update["$push"]["history"] = {"$each": entries(before["_id"], first - 1, events, by, now)}
        update["$min"] = {"unsent": first, "unsent_at": now}
    if by.idempotency:
        key = {"key": by.idempotency.value, "fingerprint": by.idempotency.fingerprint, "at": now}
        update["$push"]["keys"] = {"$each": [key], "$slice": -_KEPT_KEYS}
    if not update["$push"]:
        del update["$push"]
    return update


def entries(
    id_: str, last_seq: int, events: Sequence[Happened], by: Caller, now: datetime
) -> list[Document]:
    """The events as history keeps them, numbered after ``last_seq``."""
    thread = {
        "correlation_id": by.correlation_id,
        "causation_id": by.causation_id,
        "traceparent": by.traceparent,
    }
    thread = {name: value for name, value in thread.items() if value}
    return [
        {
            "seq": seq,
            "id": f"{id_}:{seq}",
            "type": event.type,
            "time": now,
            "actor": by.subject,
            "data": event.data,
            **thread,
        }
        for seq, event in enumerate(events, start=last_seq + 1)
    ]


def answered(document: Mapping[str, Any], by: Caller) -> bool:
    """Whether this very request changed the document before; raises KeyReused for another one."""
    if by.idempotency is None:
        return False
    for used in document.get("keys", ()):
        if used["key"] == by.idempotency.value:
            _same_request(used["fingerprint"], by)
            return True
    return False


def _same_request(fingerprint: str, by: Caller) -> None:
    if by.idempotency and fingerprint != by.idempotency.fingerprint:
        raise KeyReused("this Idempotency-Key was used with another request; choose a new one")


def slot_of(id_: str) -> int:
    """The slot of a document: the same for its whole life."""
    return zlib.crc32(id_.encode()) % SLOTS


def retrying(use_case: Callable[P, R], attempts: int = 4) -> Callable[P, R]:
    """Run a use case again when it lost a race: it reads, decides and saves anew each time."""

    @functools.wraps(use_case)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(attempts - 1):
            try:
                return use_case(*args, **kwargs)
            except LostRace:
                continue
        return use_case(*args, **kwargs)

    return wrapped
