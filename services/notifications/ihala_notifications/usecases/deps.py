"""What the use cases work with; ``wiring.py`` chooses the real things."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from joserfc.jwk import OKPKey

from ihala.clock import Clock
from ihala_notifications.channels.channel import ChannelSender
from ihala_notifications.domain.message import Channel
from ihala_notifications.store.contacts import ContactStore
from ihala_notifications.store.desks import DeskStore
from ihala_notifications.store.facts import FactStore
from ihala_notifications.store.listing import Listing
from ihala_notifications.store.notifications import NotificationStore
from ihala_notifications.store.templates import TemplateStore
from ihala_notifications.store.webhooks import WebhookStore
from ihala_notifications.usecases.handoff import Handoff


@dataclass(frozen=True, kw_only=True)
class Deps:
    """What the web and the worker share."""

    notifications: NotificationStore
    listing: Listing
    webhooks: WebhookStore
    desks: DeskStore
    templates: TemplateStore
    clock: Clock
    app_url: str
    callback: str
    webhook_allow_private: bool


@dataclass(frozen=True, kw_only=True)
class WorkerDeps(Deps):
    """What telling and sending need on top.

    ``send_lease`` is how long a message in mid-send may stay without an answer on record.
    """

    facts: FactStore
    contacts: ContactStore
    contact_keys: Sequence[OKPKey]
    channels: Mapping[Channel, ChannelSender]
    handoff: Handoff
    send_lease: timedelta
    jitter: random.Random
