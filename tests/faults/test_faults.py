"""Everything fails in every way at once while clinics work; nothing is lost, doubled, or reordered.

Run it with ``make test-faults``; ``docs/operating/faults.md`` explains what it does and says.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError
from tests.faults import report, wire
from tests.faults.alone import MARK
from tests.faults.bookkeeping import Books
from tests.faults.chaos import Chaos
from tests.faults.report import Findings
from tests.faults.test_kills import knows_the_facilities
from tests.faults.traffic import (
    COMPLETED,
    Clinic,
    Clinics,
    Insisting,
    Numbers,
    Traffic,
    report_capacities,
)
from tests.faults.world import BROKER, KEEPS_ITS_LOG, World

from ihala.testing.waiting import NotInTimeError, wait_for
from ihala_local.people import editor_token
from ihala_local.sample import Sample, put_in

SEED = int(os.environ.get("IHALA_FAULT_SEED", "1"))
MINUTES = float(os.environ.get("IHALA_FAULT_MINUTES", "10"))
REPORTS = Path(os.environ.get("IHALA_FAULT_REPORTS", ".run/faults"))

_AROUND_S = 150
"""What starting, coming to rest and checking take of the time."""

_REFERRALS_PER_S = 6
_FACILITIES = 20
_REST_WITHIN_S = 400
_HOURS_LATER = 6
"""More than a clock jumps; less than what makes a message too late, or a referral overdue."""

_TOPICS = {
    "registry.facilities": ("registry", "facilities"),
    "registry.partnerships": ("registry", "organisations"),
    "referrals.events": ("referrals", "referrals"),
    "notifications.events": ("notifications", "notifications"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    if not os.environ.get(MARK):
        pytest.fail("namespaces and a small disk are needed: run it by `make test-faults` (root)")
    world = World(tmp_path)
    world.stack.start()
    yield world
    world.stop()


@pytest.mark.faults
@pytest.mark.timeout(MINUTES * 60 + _REST_WITHIN_S + 600)
def test_nothing_is_lost_doubled_or_reordered_whatever_fails(
    world: World, say: Callable[[str], None]
) -> None:
    """Every document, every topic and every mail is read at the end, and everything adds up."""
    begun, books = time.monotonic(), Books(world.stack, COMPLETED)
    try:
        chaos, traffic = shaken(world, books)
        unrest = come_to_rest(books, traffic)
        told = wire.read(world.stack.broker.address, list(_TOPICS))
        mistakes = [*unrest, *books.mistakes(traffic.made), *mistakes_on_topics(books, told)]
        found = Findings(
            seed=SEED,
            broker=BROKER,
            minutes=(time.monotonic() - begun) / 60,
            chaos=chaos,
            traffic=traffic,
            restarts=world.stack.supervisor.restarts,
            wire=told,
            states=books.states(),
            mails=len(world.stack.smtp.mails()),
            mistakes=mistakes,
        )
        say(report.write(found, REPORTS))
        assert mistakes == []
        assert len(traffic.made) >= MINUTES * 10
        assert len(chaos.log) >= MINUTES * 5
    finally:
        books.close()


def shaken(world: World, books: Books) -> tuple[Chaos, Traffic]:
    """Let clinics and a registry editor work for the time that is given, while faults happen."""
    stack = world.stack
    sample = put_in(stack.url("registry"), editor_token(stack.issuer), stack.places.sample_file)
    sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
    receiver = Clinic.at(sample.clinic_b, stack.issuer, "receiver")
    wait_for(lambda: knows_the_facilities(stack, sender), deadline_s=120, every_s=0.5)
    seconds = max(30.0, MINUTES * 60 - _AROUND_S)
    numbers = Numbers(range(int(seconds * _REFERRALS_PER_S)), _REFERRALS_PER_S)
    timer = threading.Timer(seconds, numbers.end)
    timer.start()
    try:
        with (
            editing(world, sample),
            Chaos(world.faults(books.databases), SEED, (0.3, 2.5)) as chaos,
        ):
            traffic = Clinics(stack.url("referrals"), sender, receiver, COMPLETED).work(numbers)
    finally:
        timer.cancel()
    world.calm(_HOURS_LATER)
    return chaos, traffic


class editing:  # noqa: N801 - reads as what is done meanwhile
    """Somebody reports what facilities can take, again and again, until this is left."""

    def __init__(self, world: World, sample: Sample) -> None:
        client = Insisting(world.stack.url("registry"), editor_token(world.stack.issuer))
        facilities = [sample.clinic_b]
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=report_capacities,
            args=(client, itertools.cycle(facilities), self._over),
            name="editor",
        )

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def come_to_rest(books: Books, traffic: Traffic) -> list[str]:
    """Wait until all was sent, applied and delivered; what is wrong when that takes too long."""
    try:
        wait_for(
            lambda: books.at_rest(len(traffic.made)),
            deadline_s=_REST_WITHIN_S,
            what="all to come to rest",
            every_s=1,
            retry_on=(PyMongoError,),
        )
    except NotInTimeError as error:
        return [str(error)]
    return []


def mistakes_on_topics(books: Books, told: wire.Wire) -> Iterator[str]:
    """What every topic should have told of every document."""
    for topic, (service, collection) in _TOPICS.items():
        documents = books.databases[service][collection].find({}, {"seq": 1, "history.seq": 1})
        yield from wire.mistakes_of_wire(told, topic, documents, kept_all=KEEPS_ITS_LOG)
