"""What figures are taken on: one mongod, the referrals' web on it, and the floor beside that."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

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


def start_referrals(stack: Stack, facilities: int) -> Database[Document]:
    """Start mongod and the referrals' web, which then knows so many facilities; their database."""
    stack.mongod.start()
    database = connect(stack.mongod.uri("ihala_referrals"))
    _put_in(database, facilities)
    web = cast(Service, stack.parts["referrals-web"])
    web.start()
    web.wait_until_ready()
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


@contextmanager
def floor(stack: Stack, document_bytes: int) -> Iterator[int]:
    """The port of the bare endpoints, run by gunicorn as the services' webs are."""
    port = free_port()
    settings = {
        "IHALA_SERVICE": "floor",
        "IHALA_WEB_BIND": f"127.0.0.1:{port}",
        "IHALA_WEB_PROCESSES": "1",
        "FLOOR_MONGODB": stack.mongod.uri("ihala_referrals"),
        "FLOOR_DOCUMENT_BYTES": str(document_bytes),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy/gunicorn.conf.py")]
    process = Process(
        "floor",
        [*command, "bench.floor:application()"],
        log=stack.places.log("floor"),
        environment={**os.environ, **settings},
        folder=ROOT,
    )
    service = Service(process, f"http://127.0.0.1:{port}/alive")
    service.start()
    try:
        service.wait_until_ready()
        yield port
    finally:
        service.stop()
