"""How a notification's history reads on the topics: as it stands, without addresses."""

from __future__ import annotations

from ihala.events.outlet import Outgoing, Outlet
from ihala.mongo import Document
from ihala_notifications.store.notifications import NotificationStore

SOURCE = "ihala/notifications"
EVENTS = "notifications.events"


def outgoing(document: Document, entry: Document) -> Outgoing:
    """Every entry travels as it is, in the order of its notification."""
    return Outgoing(EVENTS, document["_id"], entry["data"])


def outlet_of(store: NotificationStore) -> Outlet:
    """The notifications as the relay sees them."""
    return Outlet(store.history, SOURCE, frozenset({EVENTS}), outgoing)
