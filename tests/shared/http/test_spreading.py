"""The processes of a web share the work: connections go to whoever has fewest."""

from __future__ import annotations

import http.client
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from gunicorn.config import Config

from ihala.gunicorn_hooks import child_exit
from ihala.gunicorn_worker import Worker
from ihala.testing.processes import Process
from ihala.testing.waiting import wait_for


class Gateway:
    """Opens connections and keeps them; ``held`` says how many each process has, by its id."""

    def __init__(self, port: int, kept: ExitStack) -> None:
        self._port = port
        self._kept = kept
        self.held: Counter[int] = Counter()

    def open(self, count: int) -> None:
        """So many connections at once, with a request on each."""
        opened = [self._connection() for _ in range(count)]
        for connection in opened:
            connection.connect()
        for connection in opened:
            connection.request("GET", "/")
        for connection in opened:
            with connection.getresponse() as answer:
                self.held[int(answer.headers["X-Process"])] += 1

    def _connection(self) -> http.client.HTTPConnection:
        return self._kept.enter_context(
            closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60))
        )

    def open_until_all_answer(self, processes: int) -> None:
        def opened() -> bool:
            self.open(1)
            return len(self.held) == processes

        wait_for(opened, deadline_s=60, what=f"{processes} processes to answer")


@pytest.fixture
def gateway(web: Process, port: int) -> Iterator[Gateway]:
    """Its connections come to a web of which both processes answer."""
    with ExitStack() as kept:
        gateway = Gateway(port, kept)
        gateway.open_until_all_answer(2)
        yield gateway


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_connections_that_are_kept_are_spread_evenly(gateway: Gateway) -> None:
    gateway.open(40)

    fewest, most = sorted(gateway.held.values())
    assert most - fewest <= 6


def test_nobody_waits_long_for_a_process_that_stands_still(gateway: Gateway) -> None:
    stuck, other = gateway.held
    before = gateway.held[other]

    with standing_still(stuck):
        gateway.open(10)

    assert gateway.held[other] == before + 10


@contextmanager
def accepting(age: int) -> Iterator[Worker]:
    """A worker as the arbiter makes it, which has opened its door."""
    worker = Worker(age, os.getpid(), [], None, 30, Config(), None)
    worker.set_accept_enabled(True)
    yield worker
    worker.is_gone()
    worker.tmp.close()


def test_a_process_that_died_is_not_waited_for() -> None:
    with accepting(1) as busy, accepting(2) as dying:
        busy.nr_conns = 3
        before = busy.leaves_it()
        child_exit(None, dying)

        assert (before, busy.leaves_it()) == (True, False)
