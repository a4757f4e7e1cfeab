"""What figures are taken on: one mongod, the referrals' web on it, and the floor beside that."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ihala.clock import rfc3339, utc_now
from ihala.events.contracts import CONTRACTS
from ihala.events.event import Event
from ihala.mongo import Database, Document, connect
from ihala.testing.ports import free_port
from ihala.testing.processes import Process
from ihala_local.places import ROOT
from ihala_local.services import Service
from ihala_local.stack import Stack
from ihala_referrals.store.facilities import FacilityStore, document_of

SERVICE = "dialysis"
_OTHERS = ("maternity", "surgery", "oncology", "vaccination", "x_ray", "laboratory", "dental")
_AT_ONCE = 1000


@contextmanager
def fresh_stack() -> Iterator[Stack]:
    """An embedded stack in a folder of its own, with nothing of it started yet."""
    with TemporaryDirectory(prefix="ihala-bench-") as folder:
        stack = Stack(Path(folder))
        try:
            yield stack
        finally:
            stack.stop()


@dataclass(frozen=True)
class Web:
    """One gunicorn with the settings that are deployed: two processes of eight threads."""

    stack: Stack
    name: str
    app: str
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)

    @contextmanager
    def running(self, path: str) -> Iterator[int]:
        """Its port, once it answers at ``path``; stopped at the end."""
        ours = {"IHALA_SERVICE": self.name, "IHALA_WEB_BIND": f"127.0.0.1:{self.port}"}
        config = ROOT / "deploy" / "gunicorn.conf.py"
        process = Process(
            f"{self.name}-measured",
            [sys.executable, "-m", "gunicorn", "--config", str(config), self.app],
            log=self.stack.places.log(f"{self.name}-measured"),
            environment={**os.environ, **ours, **self.settings},
            folder=ROOT,
        )
        service = Service(process, f"http://127.0.0.1:{self.port}{path}")
        service.start()
        try:
            service.wait_until_ready()
            yield self.port
        finally:
            service.stop()


@contextmanager
def referrals(stack: Stack) -> Iterator[int]:
    """The port of the referrals' web, which nobody limits while it is measured."""
    limits = {"IHALA_RATE_PER_MINUTE": "600000", "IHALA_ADDRESS_RATE_PER_MINUTE": "600000"}
    lines = stack.places.environment("referrals").read_text(encoding="utf-8").splitlines()
    own = dict(line.split("=", 1) for line in lines)
    web = Web(stack, "referrals", "ihala_referrals.wsgi:application()", own | limits)
    with web.running("/readyz") as port:
        yield port


@contextmanager
def floor(stack: Stack, document_bytes: int) -> Iterator[int]:
    """The port of the bare endpoints, run by gunicorn as the services' webs are."""
    settings = {
        "FLOOR_MONGODB": stack.mongod.uri("ihala_referrals"),
        "FLOOR_DOCUMENT_BYTES": str(document_bytes),
    }
    with Web(stack, "floor", "bench.floor:application()", settings).running("/alive") as port:
        yield port


def start_mongod(stack: Stack, facilities: int) -> Database[Document]:
    """The referrals' database on a mongod of its own, where so many facilities are known."""
    stack.mongod.start()
    database = connect(stack.mongod.uri("ihala_referrals"))
    _put_in(database, facilities)
    return database


def facility_id(number: int) -> str:
    """The id of one of the facilities that were put in."""
    return f"fac_{number:026d}"


def _put_in(database: Database[Document], facilities: int) -> None:
    store = FacilityStore(database)
    store.ensure_indexes()
    chance = random.Random(7)
    example = dict(CONTRACTS["facility.changed", 1].example)["facility"]
    for first in range(0, facilities, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, facilities))
        events = (_event(_facility(number, example, chance)) for number in numbers)
        store.projection.collection.insert_many(filter(None, map(document_of, events)))


def _facility(number: int, example: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Every second one lists the service, next to some others; they lie all over a country."""
    listed = chance.sample(_OTHERS, 3) + [SERVICE] * (number % 2 == 0)
    now = utc_now()
    fresh = {"reported_at": rfc3339(now), "valid_until": rfc3339(now + timedelta(days=1))}
    service = example["services"][0]
    capacity = {**service["capacity"], **fresh}
    return {
        **example,
        "id": facility_id(number),
        "sensitivity": "public",
        "point": {"lat": chance.uniform(32.5, 37.0), "lon": chance.uniform(36.0, 42.0)},
        "services": [{**service, "code": code, "capacity": capacity} for code in listed],
    }


def _event(facility: dict[str, Any]) -> Event:
    id_, version = facility["id"], facility["version"]
    data = {"facility": facility, "snapshot_version": version, "changed": ["contacts"]}
    return Event(
        f"{id_}:1", "facility.changed", "ihala/registry", id_, utc_now(), data, id_, version
    )
