"""Keeps processes up: what dies is started again, at once the first time, then more slowly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from ihala.testing.processes import Process

_STEADY_S = 5.0
"""A process that lived so long did not die of its start."""


class Part(Protocol):
    """Something with one process; ``start`` returns when it serves."""

    @property
    def process(self) -> Process:
        """Its process."""

    def start(self) -> None:
        """Start it when it does not run."""

    def kill(self) -> None:
        """SIGKILL."""

    def stop(self) -> None:
        """End it in good order."""


class Supervisor:
    """Watches parts in a thread of its own, which must live as long as what it has restarted."""

    def __init__(
        self,
        parts: Mapping[str, Part],
        *,
        told: Callable[[str], None] = lambda _: None,
        slowest_s: float = 10.0,
    ) -> None:
        self.restarts: dict[str, int] = dict.fromkeys(parts, 0)
        self._parts = parts
        self._told = told
        self._slowest_s = slowest_s
        self._started = dict.fromkeys(parts, time.monotonic())
        self._failures = dict.fromkeys(parts, 0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer; what runs goes on until this process ends."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            for name, part in self._parts.items():
                if not part.process.is_alive() and self._is_due(name):
                    self._restart(name, part)

    def _is_due(self, name: str) -> bool:
        """Whether a part that is dead has waited long enough since its last start."""
        lived_s = time.monotonic() - self._started[name]
        if lived_s > _STEADY_S:
            self._failures[name] = 0
        wait_s = min(self._slowest_s, 0.5 * (2 ** self._failures[name] - 1))
        return lived_s >= wait_s and not self._ended.is_set()

    def _restart(self, name: str, part: Part) -> None:
        self._started[name] = time.monotonic()
        self._failures[name] += 1
        self.restarts[name] += 1
        self._told(f"{name} ended and is started again")
        try:
            part.start()
        except (RuntimeError, AssertionError, OSError) as error:
            self._told(f"{name} does not start: {error}")
