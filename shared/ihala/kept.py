"""What a service keeps: every collection with its indexes, how long, and why.

A service declares its table in its ``keeping.py``; a test holds what is in the databases against
it, and the backup asks it what to leave out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class InBackup(StrEnum):
    """Whether a backup holds a collection."""

    WHOLE = "whole"
    WITHOUT = "left out"


@dataclass(frozen=True, slots=True)
class Kept:
    """One collection. ``name`` may end in ``_v*``: the views of a projection.

    ``days`` after which what it holds goes; 0 is as long as ``because`` says. ``setting`` is what
    changes the days. ``indexes`` are the names of all but MongoDB's own on ``_id``.
    """

    name: str
    holds: str
    because: str
    indexes: tuple[str, ...] = ()
    days: int = 0
    setting: str = ""
    backup: InBackup = InBackup.WHOLE

    def covers(self, collection: str) -> bool:
        """Whether the collection of this name is meant."""
        if not self.name.endswith("_v*"):
            return collection == self.name
        head, _, number = collection.rpartition("_v")
        return head == self.name[:-3] and number.isdigit()


HISTORY = ("idempotency", "unsent")
"""The indexes of every collection of aggregates (``HistoryCollection``)."""

LEFT_OUT = ("leases",)
"""What no backup holds, in any service's database."""

SHARED = (
    Kept(
        "leases",
        "which worker does what just now",
        "a lease ends six seconds after its holder; one of yesterday means nothing",
        backup=InBackup.WITHOUT,
    ),
    Kept(
        "relay_topics",
        "which topics took the events, and up to where",
        "a topic that was lost is recognised by it; restoring makes it say that all were",
    ),
    Kept(
        "parked",
        "events that failed, and those that wait behind them",
        "until they are applied, or an operator skips them",
        ("queue",),
    ),
    Kept(
        "parked_audit",
        "what operators did with parked events, and why",
        "for good: who set an event aside must be known as long as its subject",
    ),
    Kept(
        "doctor",
        "when the doctor last saw that a majority keeps what is written",
        "one document, written anew at each visit",
    ),
    Kept(
        "projections",
        "which view of each read model is current",
        "as long as the read models",
    ),
)
"""What the library keeps in every service's database."""


def find(table: Iterable[Kept], collection: str) -> Kept | None:
    """The line of the table that a collection falls under, or None."""
    return next((kept for kept in table if kept.covers(collection)), None)
