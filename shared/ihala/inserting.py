"""Inserts that threads ask for at the same time reach MongoDB as one command.

Nobody waits for company: an insert leaves at once unless one is under way. What is asked for until
that has come back leaves together, and does not wait for it once there is enough. Each document
stays a write of its own: it is stored or refused by itself, and whoever asked for it is told of it
alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ihala.mongo import BulkWriteError, Collection, Document, Encoded, encoded, refusals

ENOUGH = 4
"""So many leave beside what is under way: fewer cost more commands, more leave MongoDB idle."""


class Inserting:
    """Inserts into one collection; threads share it, and that is what it is for."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._under_way = 0
        self._waiting: list[_Asked] = []

    def insert(self, document: Document) -> None:
        """Store a new document, which has its ``_id``, as ``insert_one`` does.

        Raises DuplicateKeyError when a unique value is taken, and what a failed command raises:
        then nobody knows whether it is stored. It waits for no command that leaves after it came.
        """
        asked = _Asked(encoded(document))
        if company := self._leaves_with(asked) or asked.called():
            self._write(company)
        if asked.error is not None:
            raise asked.error

    def _leaves_with(self, asked: _Asked) -> Sequence[_Asked]:
        """Who leaves now, this one among them; nobody when it is to wait."""
        with self._lock:
            self._waiting.append(asked)
            if self._under_way and len(self._waiting) < ENOUGH:
                return ()
            return self._depart()

    def _depart(self) -> Sequence[_Asked]:
        """All who wait, from now on under way; for whoever holds the lock."""
        together, self._waiting = self._waiting, []
        self._under_way += 1
        return together

    def _write(self, together: Sequence[_Asked]) -> None:
        """One command for all of them; the first of those who wait writes the next."""
        try:
            self._collection.insert_many([asked.document for asked in together], ordered=False)
        except BulkWriteError as error:
            for place, refusal in refusals(error, len(together)).items():
                together[place].error = refusal
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
            for asked in together:
                asked.error = error
        finally:
            self._hand_over()
            for asked in together:
                asked.call()

    def _hand_over(self) -> None:
        with self._lock:
            self._under_way -= 1
            alone = self._under_way == 0 and self._waiting
            together = self._depart() if alone else ()
        if together:
            together[0].call(together)


class _Asked:
    """One document that somebody wants stored, and what became of that."""

    __slots__ = ("_called", "_company", "document", "error")

    def __init__(self, document: Encoded) -> None:
        self.document = document
        self.error: BaseException | None = None
        self._company: Sequence[_Asked] = ()
        self._called = threading.Lock()
        self._called.acquire()

    def called(self) -> Sequence[_Asked]:
        """Wait until it is decided, which gives nothing, or until it is to write all of these."""
        self._called.acquire()
        return self._company

    def call(self, company: Sequence[_Asked] = ()) -> None:
        """Tell whoever waits that it is decided, or what to write."""
        self._company = company
        self._called.release()
