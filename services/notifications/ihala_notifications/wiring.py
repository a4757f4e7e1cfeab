"""The only place where real things are chosen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ihala.clock import Clock, utc_now
from ihala.mongo import Database, Document
from ihala_notifications.channels.email import EmailChannel, MailServer
from ihala_notifications.channels.webhook import WebhookChannel
from ihala_notifications.config import OfNotifications, WorkerSettings
from ihala_notifications.domain.message import Channel
from ihala_notifications.store.contacts import ContactStore
from ihala_notifications.store.desks import DeskStore
from ihala_notifications.store.facts import FactStore
from ihala_notifications.store.listing import Listing
from ihala_notifications.store.notifications import NotificationStore
from ihala_notifications.store.templates import TemplateStore
from ihala_notifications.store.webhooks import SecretBox, WebhookStore
from ihala_notifications.usecases.deps import Deps, WorkerDeps
from ihala_notifications.usecases.handoff import Handoff

NOTIFICATIONS = "notifications"
WEBHOOKS = "webhooks"
DUE = (NOTIFICATIONS,)
"""The collections with work that is due by time."""


def _shared(
    database: Database[Document], settings: OfNotifications, clock: Clock
) -> dict[str, Any]:
    box = SecretBox(settings.webhook_keys)
    return {
        "notifications": NotificationStore(database[NOTIFICATIONS], clock),
        "listing": Listing(database[NOTIFICATIONS]),
        "webhooks": WebhookStore(database[WEBHOOKS], box, clock),
        "desks": DeskStore(database),
        "templates": TemplateStore(),
        "clock": clock,
        "app_url": settings.app_url,
        "callback": settings.callback,
        "webhook_allow_private": settings.webhook_allow_private,
    }


def make_deps(
    database: Database[Document], settings: OfNotifications, clock: Clock = utc_now
) -> Deps:
    """What the web works with; nothing is sent to the database yet."""
    return Deps(**_shared(database, settings, clock))


def make_worker_deps(
    database: Database[Document], settings: WorkerSettings, clock: Clock = utc_now
) -> WorkerDeps:
    """What the worker works with; nothing connects yet."""
    shared = _shared(database, settings, clock)
    target = _target_of(shared["webhooks"])
    return WorkerDeps(
        **shared,
        facts=FactStore(database),
        contacts=ContactStore(database),
        contact_keys=settings.contact_private_keys,
        channels={
            Channel.EMAIL: EmailChannel(mail_server(settings)),
            Channel.WEBHOOK: WebhookChannel(target, allow_private=settings.webhook_allow_private),
        },
        handoff=Handoff(),
        send_lease=timedelta(seconds=settings.send_lease_s),
        jitter=random.Random(),
    )


def _target_of(webhooks: WebhookStore) -> Any:
    def target(id_: str) -> tuple[str, Sequence[str]] | None:
        found = webhooks.secrets_of(id_)
        return (found[0].url, found[1]) if found and found[0].active else None

    return target


def mail_server(settings: WorkerSettings) -> MailServer:
    """Where mail goes, and as whom."""
    host, port = settings.smtp
    return MailServer(
        host,
        port,
        settings.smtp_tls,
        settings.smtp_username,
        settings.smtp_password,
        settings.mail_from,
        float(settings.smtp_timeout_s),
    )


def prepare(deps: Deps) -> None:
    """Make every index that is needed; safe and cheap at each start."""
    deps.notifications.ensure_indexes()
    deps.webhooks.ensure_indexes()
