"""Fixtures of notifications: a worker's parts on a real database and a real mail server."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, cast

import pytest
from flask import Flask
from joserfc.jwk import OKPKey
from tests.notifications.events import RECEIVER, SENDER, facility_event
from tests.notifications.receiver import Receiver

from ihala.clock import utc_now
from ihala.config import load
from ihala.events.event import Event
from ihala.http.verifying import verify_answers
from ihala.mongo import Database, Document, connect
from ihala.prepared import Prepared
from ihala.sealing import new_key
from ihala.testing.parts import Mongod, SmtpSink
from ihala.testing.plugin import drop_database
from ihala.testing.tokens import Issuer
from ihala_notifications.config import WebSettings, WorkerSettings
from ihala_notifications.domain.message import Channel
from ihala_notifications.handlers.effects import handlers
from ihala_notifications.usecases.deliver import attend
from ihala_notifications.usecases.deps import WorkerDeps
from ihala_notifications.wiring import make_deps, make_worker_deps, prepare
from ihala_notifications.wsgi import make_web

MAIL_FROM = "no-reply@ihala.example.org"
Headers = dict[str, str]


class Web(Protocol):
    """Flask's test client; its answers' JSON may be anything."""

    application: Flask

    def get(self, path: str, **more: Any) -> Any: ...

    def post(self, path: str, **more: Any) -> Any: ...

    def delete(self, path: str, **more: Any) -> Any: ...


class MovedClock:
    """The real time, moved by as much as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> Any:
        return utc_now() + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class Station:
    """A worker without threads: what is due is attended to when a test says so."""

    def __init__(self, deps: WorkerDeps, clock: MovedClock) -> None:
        self.deps = deps
        self.clock = clock
        self.effects = handlers(deps)

    def hear(self, topic: str, *events: Event) -> None:
        self.effects[topic].apply(events)

    def send_all(self) -> None:
        """Attend to what was handed over and to what is due, until nothing is left."""
        while kept := self.deps.handoff.take(0.0001):
            attend(self.deps, kept)
        while found := self.deps.notifications.claim_due(50):
            for kept in found:
                attend(self.deps, kept)

    def notifications(self) -> list[Document]:
        return list(self.deps.notifications.history.collection.find().sort("created_at", 1))

    def messages(self, channel: str = "email") -> list[Document]:
        return [
            message
            for document in self.notifications()
            for message in document["messages"]
            if message["channel"] == channel
        ]

    def states(self, channel: str = "email") -> list[str]:
        return [message["state"] for message in self.messages(channel)]

    def with_channels(self, **channels: Any) -> Station:
        replaced: dict[Channel, Any] = dict(self.deps.channels)
        replaced |= {Channel(name): channel for name, channel in channels.items()}
        deps = dataclasses.replace(self.deps, channels=replaced)
        return Station(deps, self.clock)


@pytest.fixture
def contact_key() -> OKPKey:
    return new_key()


@pytest.fixture
def settings(mongodb_uri: str, smtp: SmtpSink, contact_key: OKPKey) -> WorkerSettings:
    return load(WorkerSettings, environment(mongodb_uri, smtp, contact_key))


def environment(
    mongodb_uri: str, smtp: SmtpSink, contact_key: OKPKey, kafka: str = "127.0.0.1:1"
) -> Headers:
    """A worker's environment."""
    return {
        "IHALA_MONGODB_URI": mongodb_uri,
        "IHALA_KAFKA": kafka,
        "IHALA_KAFKA_SECURITY": "PLAINTEXT",
        "IHALA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "IHALA_WEBHOOK_KEY": "a webhook key for tests, 0123456789",
        "IHALA_WEBHOOK_ALLOW_PRIVATE": "1",
        "IHALA_CALLBACK": "+963 900 000 000",
        "IHALA_APP_URL": "https://ihala.example.org",
        "IHALA_CONTACT_PRIVATE_KEY": json.dumps(contact_key.as_dict(private=True)),
        "IHALA_SMTP": smtp.address,
        "IHALA_SMTP_TLS": "none",
        "IHALA_SMTP_TIMEOUT_S": "1",
        "IHALA_MAIL_FROM": MAIL_FROM,
    }


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def empty_station(
    database: Database[Document], settings: WorkerSettings, clock: MovedClock
) -> Station:
    """A worker that knows of no facility yet."""
    deps = make_worker_deps(database, settings, clock)
    prepare(deps)
    return Station(deps, clock)


@pytest.fixture
def station(empty_station: Station) -> Station:
    """A worker that knows the sender and the receiver."""
    empty_station.hear(
        "registry.facilities",
        facility_event(
            SENDER,
            mail="sender@example.org",
            phone="+963 911 111 111",
            managing_organisation_id="org_1",
            name={"ar": "مركز الإرسال", "en": "Sending centre"},
        ),
        facility_event(RECEIVER, mail="receiver@example.org"),
    )
    return empty_station


def web_over(database: Database[Document], uri: str, issuer: Issuer) -> Web:
    """The web over a database; every answer is checked against its schema."""
    variables = {
        "IHALA_MONGODB_URI": uri,
        "IHALA_TOKEN_ISSUER": issuer.name,
        "IHALA_JWKS": str(issuer.jwks_file),
        "IHALA_CURSOR_KEY": "a cursor key for tests, 0123456789",
        "IHALA_WEBHOOK_KEY": "a webhook key for tests, 0123456789",
        "IHALA_WEBHOOK_ALLOW_PRIVATE": "1",
        "IHALA_CALLBACK": "+963 900 000 000",
        "IHALA_APP_URL": "https://ihala.example.org",
    }
    settings = load(WebSettings, variables)
    deps = make_deps(database, settings)
    app = make_web(settings, deps, Prepared(database, partial(prepare, deps)))
    verify_answers(app)
    return cast(Web, app.test_client())


@pytest.fixture
def web(database: Database[Document], mongodb_uri: str, issuer: Issuer, station: Station) -> Web:
    """The web over the station's database."""
    return web_over(database, mongodb_uri, issuer)


@pytest.fixture(scope="module")
def idle_web(mongod: Mongod, issuer: Issuer) -> Iterator[Web]:
    """A web whose database stays empty, for what must be refused anyway."""
    uri = mongod.uri(f"test_idle_{os.urandom(4).hex()}")
    database = connect(uri)
    yield web_over(database, uri, issuer)
    database.client.close()
    drop_database(uri)


@pytest.fixture
def sender_staff(issuer: Issuer) -> Headers:
    return issuer.header("nurse-1", roles=["clinic"], facilities=[SENDER], organisation="org_1")


@pytest.fixture
def receiver_staff(issuer: Issuer) -> Headers:
    return issuer.header("doctor-2", roles=["clinic"], facilities=[RECEIVER])


@pytest.fixture
def receiver_protection(issuer: Issuer) -> Headers:
    return issuer.header("worker-3", roles=["protection"], facilities=[RECEIVER])


@pytest.fixture
def stranger(issuer: Issuer) -> Headers:
    return issuer.header("nurse-9", roles=["clinic"], facilities=["fac_00stranger000000000000000"])


@pytest.fixture
def operator(issuer: Issuer) -> Headers:
    return issuer.header("operator-1", roles=["operator"])


@pytest.fixture
def coordinator(issuer: Issuer) -> Headers:
    return issuer.header("coordinator-1", roles=["coordinator"], organisation="org_1")


@pytest.fixture
def subscriber() -> Iterator[Receiver]:
    """Another system's web server that takes webhooks."""
    with Receiver() as receiver:
        yield receiver
