"""Every process is restarted in good order, one after the other, while referrals are made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Self

import pytest
from tests.faults.balanced import Balanced, Tally
from tests.faults.bookkeeping import Books
from tests.faults.replicas import TWO, Replicated, restart, restart_brokers, services_of
from tests.faults.test_kills import knows_the_facilities
from tests.faults.traffic import Clinic, Clinics, Made, Numbers

from ihala.testing.waiting import wait_for
from ihala_local.environments import SERVICES
from ihala_local.people import editor_token
from ihala_local.sample import Sample, put_in
from ihala_local.stack import Stack

_MORE = 100
_A_SECOND = 20.0


@pytest.fixture
def ground() -> Replicated:
    return Replicated()


@pytest.fixture
def stack(tmp_path: Path, ground: Replicated) -> Iterator[Stack]:
    """A stack whose processes nobody starts but the test."""
    stack = Stack(tmp_path, ground=ground)
    stack.start()
    stack.supervisor.stop()
    yield stack
    stack.stop()


@pytest.fixture
def sample(stack: Stack) -> Sample:
    return put_in(stack.url("registry"), editor_token(stack.issuer), stack.places.sample_file)


@dataclass(frozen=True, kw_only=True)
class Balancing(Clinics):
    """Senders open a connection for each request, as our gateway does; receivers keep theirs."""

    urls: Sequence[str]
    tally: Tally

    def client(self, clinic: Clinic) -> Balanced:
        """See Clinics."""
        keep = clinic is self.receiver
        return Balanced(self.urls, clinic, self.tally, keep_alive=keep)


class Work:
    """Clinics at work while it is entered; ``made`` is what they made in all."""

    def __init__(self, stack: Stack, sample: Sample) -> None:
        self.made: list[Made] = []
        self.tally = Tally()
        self._sender = Clinic.at(sample.clinic_a, stack.issuer, "sender")
        self._receiver = Clinic.at(sample.clinic_b, stack.issuer, "receiver")
        self._urls = {
            service: tuple(stack.url(service, number) for number in TWO) for service in SERVICES
        }
        self._numbers = Numbers(count(), per_s=_A_SECOND)
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(3)
        self._work: list[Future[None]] = []
        wait_for(lambda: knows_the_facilities(stack, self._sender), deadline_s=120)

    def __enter__(self) -> Self:
        self._work = [self._pool.submit(it) for it in (self._refer, self._report, self._read)]
        return self

    def __exit__(self, *_: object) -> None:
        self._numbers.end()
        self._over.set()
        self._pool.shutdown()

    def goes_on(self) -> None:
        """Return when many more requests have been answered; raise when work has failed."""
        enough = self.tally.counted()[Tally.ANSWERED] + _MORE
        wait_for(
            lambda: self._ended() or self.tally.counted()[Tally.ANSWERED] >= enough,
            deadline_s=240,
            what="work to go on",
            every_s=0.1,
        )
        self.check()

    def check(self) -> None:
        """Raise what went wrong."""
        for work in self._ended():
            work.result()

    def _ended(self) -> list[Future[None]]:
        return [work for work in self._work if work.done()]

    def _refer(self) -> None:
        urls = self._urls["referrals"]
        clinics = Balancing(urls[0], self._sender, self._receiver, urls=urls, tally=self.tally)
        self.made = clinics.work(self._numbers).made

    def _report(self) -> None:
        """The hospital says again and again what it can take."""
        registry = Balanced(self._urls["registry"], self._receiver, self.tally, keep_alive=False)
        path = f"/v1/facilities/{self._receiver.facility_id}/services/dialysis/capacity"
        for number in count():
            if self._over.wait(0.1):
                return
            registry.ask("PUT", path, {"unit": "chair", "maximum": 99, "available": number % 90})

    def _read(self) -> None:
        """Somebody reads what the hospital was told."""
        reader = Balanced(self._urls["notifications"], self._receiver, self.tally, keep_alive=True)
        while not self._over.wait(0.1):
            reader.ask("GET", "/v1/inbox")


@pytest.mark.kafka
@pytest.mark.timeout(1800)
def test_a_rolling_restart_loses_nothing(
    ground: Replicated, stack: Stack, sample: Sample, say: Callable[[str], None]
) -> None:
    """Webs and workers of each service, two of each, and three brokers: each ended and started.

    No request fails, no answer is lost; a caller may have to repeat one whose idle connection was
    closed. Every referral, notification and mail is there once, and of every mail it is known
    what became of it.
    """
    books, ended_s = Books(stack), dict[str, float]()
    try:
        with Work(stack, sample) as work:
            work.goes_on()
            for service in services_of(stack):
                ended_s[service.process.name] = round(restart(service), 1)
                work.goes_on()
            for _ in restart_brokers(ground.kafka):
                work.goes_on()
        work.check()
        wait_for(lambda: books.at_rest(len(work.made)), deadline_s=300, what="rest", every_s=1)

        mistakes, states, counted = books.mistakes(work.made), books.states(), work.tally.counted()
        say(
            f"{len(work.made)} referrals while {len(ended_s)} processes and 3 brokers were "
            f"restarted, {dict(counted)}, e-mails {dict(states)}, {len(mistakes)} mistakes; "
            f"seconds to end: {ended_s}"
        )
        assert mistakes == []
        assert states["unknown"] == 0
        assert counted.keys() <= {Tally.ANSWERED, Tally.REFUSED, Tally.CLOSED, Tally.STARVED}
    finally:
        books.close()
