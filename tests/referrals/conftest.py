"""The referrals' web app on a fresh database that knows four facilities, and callers."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.referrals.samples import (
    CENTRE,
    CLINIC,
    FAR,
    HOSPITAL,
    facility,
    facility_event,
    referral,
)

from ihala.config import load
from ihala.http.verifying import verify_answers
from ihala.mongo import Database, Document, connect
from ihala.prepared import Prepared
from ihala.testing.parts import Mongod
from ihala.testing.tokens import Issuer
from ihala_referrals.config import WebConfig
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.wiring import make_deps, prepare
from ihala_referrals.wsgi import make_web

MASTER_KEY = base64.b64encode(bytes(range(96))).decode()
LOOKUP_KEY = "a-lookup-secret-for-tests-0123456789"
As = Callable[..., "Session"]
NINE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class MovingClock:
    """A clock that tests set; it stands still in between."""

    def __init__(self) -> None:
        self.now = NINE

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Session:
    """Requests in the name of one caller."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    def send(self, method: str, path: str, headers: dict[str, str], **more: Any) -> Any:
        return self._client.open(path, method=method, headers={**self._headers, **headers}, **more)

    def get(self, path: str, **query: Any) -> Any:
        return self.send("GET", path, {}, query_string=query)

    def post(
        self, path: str, body: Any = None, key: str | None = None, etag: str | None = None
    ) -> Any:
        given = {"Idempotency-Key": key, "If-Match": etag}
        headers = {name: value for name, value in given.items() if value}
        return self.send("POST", path, headers, json={} if body is None else body)

    def patch(self, path: str, body: Any, etag: str | None = None) -> Any:
        return self.send("PATCH", path, {"If-Match": etag} if etag else {}, json=body)


@dataclass(frozen=True)
class World:
    """The web app with all that is behind it, made once for the tests of a file."""

    database: Database[Document]
    deps: Deps
    app: Flask
    clock: MovingClock

    def empty(self) -> None:
        """As at the start: four facilities are known, nobody was referred, it is nine o'clock."""
        for name in self.database.list_collection_names():
            if name != "keys":
                self.database[name].delete_many({})
        self.clock.now = NINE
        knows(
            self.deps,
            facility(CLINIC, point={"lat": 35.93, "lon": 36.63}, services=[]),
            facility(CENTRE, point={"lat": 35.95, "lon": 36.65}),
            facility(HOSPITAL, point={"lat": 36.05, "lon": 36.70}),
            facility(FAR, point={"lat": 36.6, "lon": 37.0}),
        )


def knows(deps: Deps, *facilities: dict[str, Any]) -> None:
    """The projection has heard of these facilities."""
    deps.facilities.projection.apply([facility_event(snapshot) for snapshot in facilities])
    deps.facilities.forget()


def settings_for(uri: str, issuer: Issuer) -> WebConfig:
    return load(
        WebConfig,
        {
            "IHALA_MONGODB_URI": uri,
            "IHALA_TOKEN_ISSUER": issuer.name,
            "IHALA_JWKS": str(issuer.jwks_file),
            "IHALA_CURSOR_KEY": "a-secret-for-tests-0123456789-abcdef",
            "IHALA_RATE_PER_MINUTE": "0",
            "IHALA_ADDRESS_RATE_PER_MINUTE": "0",
            "IHALA_MASTER_KEY": MASTER_KEY,
            "IHALA_LOOKUP_KEY": LOOKUP_KEY,
        },
    )


@pytest.fixture(scope="module")
def made_world(mongod: Mongod, issuer: Issuer) -> Iterator[World]:
    uri = mongod.uri(f"test_{os.urandom(6).hex()}")
    database, clock, settings = connect(uri), MovingClock(), settings_for(uri, issuer)
    deps = make_deps(database, settings, clock)
    prepared = Prepared(database, partial(prepare, deps))
    prepared.check()
    app = make_web(settings, deps, prepared)
    app.testing = True
    verify_answers(app)
    yield World(database, deps, app, clock)
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def world(made_world: World) -> World:
    made_world.empty()
    return made_world


@pytest.fixture
def clock(world: World) -> MovingClock:
    return world.clock


@pytest.fixture
def database(world: World) -> Database[Document]:
    return world.database


@pytest.fixture
def deps(world: World) -> Deps:
    return world.deps


@pytest.fixture
def app(world: World) -> Flask:
    return world.app


@pytest.fixture
def as_(app: Flask, issuer: Issuer) -> As:
    """A session of somebody: ``as_("clinic", [facility, …])``."""

    def session(role: str, facilities: Iterable[str] = ()) -> Session:
        subject = f"test-{role}-{'-'.join(sorted(facilities))}"
        header = issuer.header(subject, roles=[role], facilities=list(facilities))
        return Session(app.test_client(), header)

    return session


@pytest.fixture
def clinic(as_: As) -> Session:
    """The facility that refers."""
    return as_("clinic", [CLINIC])


@pytest.fixture
def centre(as_: As) -> Session:
    """The first facility on the shortlist."""
    return as_("clinic", [CENTRE])


@pytest.fixture
def hospital(as_: As) -> Session:
    """The second facility on the shortlist."""
    return as_("clinic", [HOSPITAL])


@pytest.fixture
def stranger(as_: As) -> Session:
    """A clinic that has nothing to do with it."""
    return as_("clinic", [FAR])


@pytest.fixture
def coordinator(as_: As) -> Session:
    return as_("coordinator")


@pytest.fixture
def sent(clinic: Session) -> str:
    """The path of a referral whose first offer is with the centre."""
    answer = clinic.post("/v1/referrals", referral(send=True))
    assert answer.status_code == 201, answer.json
    return str(answer.headers["Location"])
