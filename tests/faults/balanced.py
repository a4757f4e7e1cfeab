"""Callers behind a balancer: who is refused by one web is served by the other."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from tests.faults.traffic import Clinic

_GIVE_UP_AFTER_S = 120
_COME_BACK_AFTER_S = 0.5
"""Where a web says that it cannot just now: a client that asked again at once would add to it."""


class Tally:
    """What happened on the way between callers and webs, counted by name."""

    ANSWERED = "requests answered"
    REFUSED = "connections refused"
    CLOSED = "closed while idle"
    DROPPED = "dropped after they were let in"
    LOST = "answers lost"
    STARVED = "database starved"

    def __init__(self) -> None:
        self._noted: deque[str] = deque()

    def note(self, what: str) -> None:
        """Count one; from any thread."""
        self._noted.append(what)

    def counted(self) -> Counter[str]:
        """What was noted, and how often."""
        return Counter(list(self._noted))


class Balanced:
    """Asks the webs in turn, and accepts no failure but a connection that was closed, and 503.

    With 503 a web says that its database did not answer for five seconds: no restart of ours does
    that, but a machine that has other work does. It is counted, and asked again.

    A refused connection carried nothing, so the next web is asked, as a balancer does. A request
    whose connection broke is repeated with its key; ``repeated`` counts those. With ``keep_alive``
    a connection is used again, as callers do; without, each request has its own, as behind our
    gateway.
    """

    def __init__(
        self, urls: Sequence[str], clinic: Clinic, tally: Tally, *, keep_alive: bool
    ) -> None:
        self.answered = 0
        self.repeated = 0
        headers = {"Authorization": f"Bearer {clinic.token}"}
        limits = httpx.Limits(max_keepalive_connections=None if keep_alive else 0)
        self._clients = deque(
            httpx.Client(base_url=url, headers=headers, limits=limits, timeout=60) for url in urls
        )
        self._tally = tally

    def post(self, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The answer; raises AssertionError for any that is not a success."""
        told: dict[str, Any] = self.ask("POST", path, body, key).json()
        return told

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = ""
    ) -> httpx.Response:
        """The answer of the first web that gives one."""
        before, until = self.repeated, time.monotonic() + _GIVE_UP_AFTER_S
        while time.monotonic() < until:
            self._clients.rotate(1)
            answer = self._try(method, path, body, {"Idempotency-Key": key} if key else {})
            if answer is None:
                continue
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self._tally.note(Tally.STARVED)
                time.sleep(_COME_BACK_AFTER_S)
                continue
            assert answer.is_success, (method, path, answer.status_code, answer.text)
            if self.repeated > before and "Idempotency-Replayed" in answer.headers:
                self._tally.note(Tally.LOST)
            self.answered += 1
            self._tally.note(Tally.ANSWERED)
            return answer
        raise AssertionError(f"{method} {path}: nobody answers, {self._tally.counted()}")

    def _try(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response | None:
        """The answer of the web whose turn it is; None when the connection to it failed."""
        steps: list[str] = []
        watched = {"trace": lambda step, _: steps.append(step)}
        try:
            return self._clients[0].request(
                method, path, json=body, headers=headers, extensions=watched
            )
        except httpx.ConnectError:
            self._tally.note(Tally.REFUSED)
        except httpx.TransportError as error:
            self.repeated += 1
            fresh = "connection.connect_tcp.started" in steps
            self._tally.note(f"{Tally.DROPPED}: {error!r}" if fresh else Tally.CLOSED)
        return None
