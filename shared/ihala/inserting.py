"""Inserts that threads ask for at the same time reach MongoDB as one command.

Nobody waits for company: an insert leaves at once unless one is under way, and what is asked for
until that has come back leaves together. Each document stays a write of its own: it is stored or
refused by itself, and whoever asked for it is told of it alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ihala.mongo import BulkWriteError, Collection, Document, Encoded, encoded, refusals


class Inserting:
    """Inserts into one collection; threads share it, and that is what it is for."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._under_way = False
        self._waiting: list[_Asked] = []

    def insert(self, document: Document) -> None:
        """Store a new document, which has its ``_id``, as ``insert_one`` does.

        Raises DuplicateKeyError when a unique value is taken, and what a failed command raises:
        then nobody knows whether it is stored. It waits for at most one other command first.
        """
        asked = _Asked(encoded(document))
        if self._may_leave(asked):
            self._write([asked])
        elif company := asked.called():
            self._write(company)
        if asked.error is not None:
            raise asked.error

    def _may_leave(self, asked: _Asked) -> bool:
        with self._lock:
            if self._under_way:
                self._waiting.append(asked)
                return False
            self._under_way = True
            return True

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
            together, self._waiting = self._waiting, []
            self._under_way = bool(together)
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
