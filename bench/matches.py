"""``GET /v1/matches`` against the bare ``$geoNear`` query for the same page."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from functools import partial

from bench.floor import near
from bench.ground import SERVICE, floor, fresh_stack, referrals, start_mongod
from bench.load import NUMBER, Load, per_second
from bench.measure import Figure, Question, paired

from ihala.mongo import Database, Document
from ihala_local.stack import Stack
from ihala_referrals.store.facilities import FacilityStore

BEHIND_GUNICORN = Question(
    "GET /v1/matches", "bare $geoNear behind Flask and gunicorn", "pages/s", at_least=0.5
)
ALONE = Question(
    "GET /v1/matches", "bare $geoNear by pymongo, one at a time, no web", "pages/s", at_least=0.5
)
GROWTH = Question("GET /v1/matches, at 10 × the data", "the same before", "pages/s", at_least=0.8)
_QUERY = f"service={SERVICE}&lat=35.{NUMBER.decode()}&lon=38.{NUMBER.decode()}"


def compare(facilities: int, seconds: float, rounds: int) -> list[Figure]:
    """Pages per second of both behind gunicorn, and of the query alone; then ten times as many."""
    with ExitStack() as grounds:
        stack, more = (grounds.enter_context(fresh_stack()) for _ in range(2))
        database = start_mongod(stack, facilities)
        start_mongod(more, 10 * facilities)
        few, many = (_matches(it, grounds.enter_context(referrals(it))) for it in (stack, more))
        bare = _load(grounds.enter_context(floor(stack, 0)), f"/near?{_QUERY}")
        ours = partial(per_second, few, seconds)
        return [
            paired(BEHIND_GUNICORN, ours, partial(per_second, bare, seconds), rounds),
            paired(ALONE, ours, partial(_alone, database, seconds), rounds),
            paired(GROWTH, partial(per_second, many, seconds), ours, rounds),
        ]


def _matches(stack: Stack, port: int) -> Load:
    token = stack.issuer.token("bench@example.org", roles=["clinic"], facilities=["fac_bench"])
    return _load(port, f"/v1/matches?{_QUERY}", f"Authorization: Bearer {token}")


def _load(port: int, path: str, *headers: str) -> Load:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    return Load(port, "\r\n".join(lines).encode(), 200)


def _alone(database: Database[Document], seconds: float) -> float:
    """The query asked one after the other by pymongo, with no web around it."""
    collection, chance = FacilityStore(database).projection.collection, random.Random(7)
    started, pages = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        near(collection, SERVICE, 35 + chance.random(), 38 + chance.random())
        pages += 1
    return pages / (time.perf_counter() - started)
