"""Is the process alive (/healthz), and can it serve (/readyz, with what is missing)?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

import structlog
from flask import Blueprint, Response

from ihala.http.answers import answer
from ihala.http.permissions import public

Check = Callable[[], object]
log = structlog.get_logger("ihala.http")


class Readiness:
    """Named checks, each with a deadline; a check that still hangs is not started again.

    A check is ready when it returns. The outcome is kept for ``keep_s``, so that asking often
    costs nothing. What a check raised goes to the log, never to the answer.
    """

    def __init__(
        self, checks: Mapping[str, Check], *, timeout_s: float = 2.0, keep_s: float = 1.0
    ) -> None:
        self._checks, self._timeout_s, self._keep_s = dict(checks), timeout_s, keep_s
        self._pool: ThreadPoolExecutor | None = None
        self._running: dict[str, Future[object]] = {}
        self._outcome: tuple[float, dict[str, str]] = (float("-inf"), {})
        self._lock = threading.Lock()

    def states(self) -> dict[str, str]:
        """``ready``, ``failing`` or ``slow`` by name."""
        with self._lock:
            asked_at, states = self._outcome
            if time.monotonic() - asked_at > self._keep_s:
                states = self._ask_all()
                self._outcome = (time.monotonic(), states)
            return states

    def _ask_all(self) -> dict[str, str]:
        if self._pool is None:
            # Made here and not at start, because threads do not survive the fork of a worker.
            self._pool = ThreadPoolExecutor(max(1, len(self._checks)), thread_name_prefix="ready")
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = self._pool.submit(check)
        deadline = time.monotonic() + self._timeout_s
        return {name: self._state(name, deadline) for name in self._checks}

    def _state(self, name: str, deadline: float) -> str:
        try:
            self._running[name].result(max(0.0, deadline - time.monotonic()))
        except TooSlow:
            if not self._running[name].done():
                return "slow"
            state = "failing"
        except Exception as error:  # noqa: BLE001 - whatever a check raises means: not ready
            log.warning("not.ready", check=name, error=type(error).__name__)
            state = "failing"
        else:
            state = "ready"
        del self._running[name]
        return state


def health_blueprint(readiness: Readiness) -> Blueprint:
    """``/healthz`` and ``/readyz``, open to everybody and without a rate limit."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    @public
    def alive() -> Response:
        return answer({"status": "alive"})

    @health.get("/readyz")
    @public
    def ready() -> Response:
        states = readiness.states()
        missing = sorted(name for name, state in states.items() if state != "ready")
        status = "missing" if missing else "ready"
        return answer(
            {"status": status, "checks": states, "missing": missing}, 503 if missing else 200
        )

    return health
