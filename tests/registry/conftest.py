"""The registry's web app on a fresh database, and callers with every role."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ihala.config import load
from ihala.http.verifying import verify_answers
from ihala.mongo import Database, Document, connect
from ihala.prepared import Prepared
from ihala.testing.mongod import Mongod
from ihala.testing.tokens import Issuer
from ihala_registry.config import RegistryWebSettings
from ihala_registry.usecases.deps import Deps
from ihala_registry.wiring import make_deps, prepare
from ihala_registry.wsgi import make_web

As = Callable[..., "Session"]


class MovingClock:
    """A clock that tests set: it moves a millisecond with each look, so that times differ."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Session:
    """Requests in the name of one caller."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    def _send(self, method: str, path: str, headers: dict[str, str] | None, **more: Any) -> Any:
        sent = {**self._headers, **(headers or {})}
        return self._client.open(path, method=method, headers=sent, **more)

    def get(self, path: str, sent: dict[str, str] | None = None, /, **query: Any) -> Any:
        return self._send("GET", path, sent, query_string=query)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Any:
        given = {"Idempotency-Key": key} if key else {}
        return self._send("POST", path, {**given, **headers}, json=body)

    def put(self, path: str, body: Any, etag: str | None = None) -> Any:
        return self._send("PUT", path, {"If-Match": etag} if etag else {}, json=body)

    def patch(self, path: str, body: Any, etag: str | None = None) -> Any:
        return self._send("PATCH", path, {"If-Match": etag} if etag else {}, json=body)

    def delete(self, path: str, etag: str | None = None) -> Any:
        return self._send("DELETE", path, {"If-Match": etag} if etag else {})

    def send(self, path: str, content: bytes, type_: str, **query: Any) -> Any:
        return self._send("POST", path, {"Content-Type": type_}, data=content, query_string=query)


def registry_settings(uri: str, issuer: Issuer) -> RegistryWebSettings:
    return load(
        RegistryWebSettings,
        {
            "IHALA_MONGODB_URI": uri,
            "IHALA_TOKEN_ISSUER": issuer.name,
            "IHALA_JWKS": str(issuer.jwks_file),
            "IHALA_CURSOR_KEY": "a-secret-for-tests-0123456789-abcdef",
            "IHALA_RATE_PER_MINUTE": "0",
            "IHALA_ADDRESS_RATE_PER_MINUTE": "0",
        },
    )


@dataclass(frozen=True)
class Registry:
    """A registry with its database, made once: making its indexes takes longer than most tests."""

    database: Database[Document]
    clock: MovingClock
    deps: Deps
    app: Flask

    def empty(self) -> None:
        self.clock.reset()
        for name in self.database.list_collection_names():
            self.database[name].delete_many({})


@pytest.fixture(scope="session")
def _registry(mongod: Mongod, issuer: Issuer) -> Iterator[Registry]:
    uri = mongod.uri(f"registry_{os.urandom(6).hex()}")
    settings, database, clock = registry_settings(uri, issuer), connect(uri), MovingClock()
    deps = make_deps(database, settings, clock)
    prepared = Prepared(database, partial(prepare, deps))
    prepared.check()
    app = make_web(settings, deps, prepared)
    app.testing = True
    verify_answers(app)
    yield Registry(database, clock, deps, app)
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def registry(_registry: Registry) -> Registry:
    """The registry, empty."""
    _registry.empty()
    return _registry


@pytest.fixture
def clock(registry: Registry) -> MovingClock:
    return registry.clock


@pytest.fixture
def deps(registry: Registry) -> Deps:
    return registry.deps


@pytest.fixture
def client(registry: Registry) -> FlaskClient:
    return registry.app.test_client()


@pytest.fixture
def as_(client: FlaskClient, issuer: Issuer) -> As:
    """A session of somebody: ``as_("clinic", facilities=[…])``."""

    def session(role: str, **claims: Any) -> Session:
        return Session(client, issuer.header(f"test-{role}", roles=[role], **claims))

    return session


@pytest.fixture
def editor(as_: As) -> Session:
    return as_("registry_editor")


@pytest.fixture
def clinic(as_: As) -> Session:
    """A clinic of another facility."""
    return as_("clinic", facilities=["fac_0000000000000000000other0"])
