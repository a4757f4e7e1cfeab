"""The smallest service that the command can look after, and what lies in it."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from ihala.clock import utc_now
from ihala.events.event import Event
from ihala.events.history import HistoryCollection
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.parking import Parking
from ihala.events.projection import Projection
from ihala.ids import new_id
from ihala.mongo import Database, Document
from ihala.operations import Operations
from ihala.settings import WorkerSettings

Ihala = Callable[..., Result]

GROUP = "registry"


def outlets(database: Database[Document]) -> dict[str, Outlet]:
    def outgoing(document: Document, entry: Document) -> Outgoing:
        return Outgoing("registry.facilities", document["_id"], entry["data"])

    history = HistoryCollection(database["facilities"])
    return {"facilities": Outlet(history, "test", frozenset({"registry.facilities"}), outgoing)}


def projections(database: Database[Document]) -> dict[str, tuple[Projection, str]]:
    def document_of(event: Event) -> Document | None:
        return {"_id": event.subject, "seq": 1, "type": event.type}

    return {"reports": (Projection(database, "reports", document_of), "registry.reports")}


SMALLEST = Operations(
    service="registry",
    settings=WorkerSettings,
    groups={GROUP: ["registry.reports"]},
    outlets=outlets,
    projections=projections,
)


def report(facility: str) -> Event:
    now = utc_now()
    data = {
        "facility_id": facility,
        "service_code": "dialysis",
        "unit": "chair",
        "available": 2,
        "reported_at": now.isoformat(),
    }
    return Event(new_id("evt"), "capacity.reported", "lab", facility, now, data, facility)


def parked(database: Database[Document]) -> str:
    event = report(new_id("fac"))
    Parking(database, GROUP).park("registry.reports", event, "KeyError: 'unit'", 1)
    return f"{GROUP}:{event.id}"
