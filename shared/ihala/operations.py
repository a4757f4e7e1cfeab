"""What a service lets the ``ihala`` command do with it; each service plugs its own in.

A service names its ``Operations`` under the entry point group ``ihala.services``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from ihala.doctor.finding import Finding
from ihala.events.outlet import Outlet
from ihala.events.projection import Projection
from ihala.kept import SHARED, Kept
from ihala.settings import WorkerSettings

GROUP = "ihala.services"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person who was erased, by ids that name nobody: the referral, the key, and when."""

    referral: str
    key: str
    at: str


@dataclass(frozen=True)
class Rotation:
    """Something that is kept under a key: ``waiting`` is what is under another than the one in use.

    ``renew`` brings a few of those under it, and says how many; both are safe to repeat and to
    break off, and nothing stops meanwhile.
    """

    holds: str
    waiting: Callable[[], Sequence[Any]]
    renew: Callable[[Sequence[Any]], int]


@dataclass(frozen=True)
class Ledger:
    """The erasures of a service: all there were, and how one is done again."""

    all: Callable[[], Iterable[Erasure]]
    again: Callable[[Erasure], bool]


@dataclass(frozen=True)
class Operations:
    """One service, as an operator sees it.

    ``outlets`` are its collections that publish, by name; ``projections`` its read models, each
    with the topic that it is made from; ``groups`` its consumer groups with the topics they read.
    ``collections`` is everything that its database may hold; ``ledger`` is there where persons are.
    ``due`` names the collections whose documents are due by time.
    ``rotations`` is what is kept under keys that can be changed, by name.
    ``checks`` are the doctor's of this service alone; they get the database and the settings.
    """

    service: str
    settings: type[WorkerSettings]
    groups: Mapping[str, Sequence[str]]
    outlets: Callable[[Any], Mapping[str, Outlet]]
    collections: Sequence[Kept] = SHARED
    projections: Callable[[Any], Mapping[str, tuple[Projection, str]]] = field(default=lambda _: {})
    ledger: Callable[[Any, Any], Ledger] | None = None
    rotations: Callable[[Any, Any], Mapping[str, Rotation]] = field(default=lambda *_: {})
    due: Sequence[str] = ()
    checks: Callable[[Any, Any], Iterable[Finding]] = lambda _database, _settings: ()


def installed() -> dict[str, Operations]:
    """The services that are installed here, by name."""
    found = (entry.load() for entry in entry_points(group=GROUP))
    return {operations.service: operations for operations in found}
