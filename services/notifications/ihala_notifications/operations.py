"""What the ``ihala`` command may do with notifications."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ihala.events.outlet import Outlet
from ihala.events.projection import Projection
from ihala.mongo import Database, Document
from ihala.operations import Operations, Rotation
from ihala_notifications.checks import checks
from ihala_notifications.config import WorkerSettings
from ihala_notifications.handlers.effects import GROUPS
from ihala_notifications.handlers.outgoing import outlet_of
from ihala_notifications.keeping import COLLECTIONS
from ihala_notifications.store.contacts import TOPIC as CONTACTS
from ihala_notifications.store.contacts import ContactStore
from ihala_notifications.store.desks import TOPIC as FACILITIES
from ihala_notifications.store.desks import DeskStore
from ihala_notifications.store.facts import TOPIC as REFERRALS
from ihala_notifications.store.facts import FactStore
from ihala_notifications.store.notifications import NotificationStore
from ihala_notifications.usecases.resealing import reseal, sealed_otherwise
from ihala_notifications.wiring import DUE, NOTIFICATIONS, make_worker_deps


def _outlets(database: Database[Document]) -> Mapping[str, Outlet]:
    return {NOTIFICATIONS: outlet_of(NotificationStore(database[NOTIFICATIONS]))}


def _projections(database: Database[Document]) -> Mapping[str, tuple[Projection, str]]:
    return {
        "desks": (DeskStore(database).projection, FACILITIES),
        "referral_facts": (FactStore(database).projection, REFERRALS),
        "contacts": (ContactStore(database).projection, CONTACTS),
    }


def _rotations(database: Database[Document], settings: WorkerSettings) -> Mapping[str, Rotation]:
    deps = make_worker_deps(database, settings)
    contacts, keys = deps.contacts, deps.contact_keys
    return {
        "webhooks": Rotation(
            "signing secrets", deps.webhooks.closed_otherwise, deps.webhooks.close_anew
        ),
        "contacts": Rotation(
            "sealed contacts",
            partial(sealed_otherwise, contacts, keys),
            partial(reseal, contacts, keys),
        ),
    }


OPERATIONS = Operations(
    service="notifications",
    settings=WorkerSettings,
    groups=GROUPS,
    collections=COLLECTIONS,
    outlets=_outlets,
    due=DUE,
    checks=checks,
    projections=_projections,
    rotations=_rotations,
)
