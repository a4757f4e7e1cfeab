"""Injects faults at random moments, by a seed, and ends each of them when its time is over."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

_SHORTEST_S, _LONGEST_S = 0.3, 2.5


class NotNow(Exception):
    """The fault cannot be injected at this moment: what it needs is away by another fault."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that has begun: whom it hit, and what ends it after ``lasts_s`` seconds."""

    victim: str
    lasts_s: float = 0.0
    end: Callable[[], None] | None = None


class Fault(Protocol):
    """One kind of fault."""

    @property
    def kind(self) -> str:
        """How the kind is called in reports."""

    def inject(self, chance: random.Random) -> Injected:
        """Begin one, chosen by ``chance`` alone; raises NotNow when that cannot be."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the log: what was injected, when after the start, and for how long."""

    at_s: float
    kind: str
    victim: str
    lasts_s: float


class Chaos:
    """Injects one fault after another while it is entered; faults that last overlap.

    The same seed gives the same faults in the same order. When it is left, whatever still lasts is
    ended, and an error of a fault is raised. ``log`` has all of them, ``missed`` counts NotNow.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        seed: int,
        gap_s: tuple[float, float] = (_SHORTEST_S, _LONGEST_S),
    ) -> None:
        self.log: list[Happened] = []
        self.missed: Counter[str] = Counter()
        self._faults = faults
        self._seed = seed
        self._gap_s = gap_s
        self._lasting: list[tuple[float, Injected]] = []
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos")

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(120)
        if self._error is not None:
            raise self._error

    def counts(self) -> Counter[str]:
        """How many of each kind."""
        return Counter(happened.kind for happened in self.log)

    def victims(self) -> Counter[str]:
        """How often each was hit."""
        return Counter(happened.victim for happened in self.log)

    def _run(self) -> None:
        try:
            for number in itertools.count():
                chance = random.Random(f"{self._seed}:{number}")
                if not self._waited(chance.uniform(*self._gap_s)):
                    break
                self._inject(chance.choice(self._faults), chance)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever leaves
            self._error = error
        finally:
            self._end_all()

    def _inject(self, fault: Fault, chance: random.Random) -> None:
        try:
            injected = fault.inject(chance)
        except NotNow:
            self.missed[fault.kind] += 1
            return
        now = time.monotonic()
        self.log.append(Happened(now - self._begun, fault.kind, injected.victim, injected.lasts_s))
        self._lasting.append((now + injected.lasts_s, injected))

    def _waited(self, gap_s: float) -> bool:
        """Let the gap pass, ending what is over meanwhile; False when all is over."""
        until = time.monotonic() + gap_s
        while (left := until - time.monotonic()) > 0:
            self._end_those_until(time.monotonic())
            if self._over.wait(min(left, 0.2)):
                return False
        return True

    def _end_those_until(self, moment: float) -> None:
        over = [injected for ends, injected in self._lasting if ends <= moment]
        self._lasting = [(ends, it) for ends, it in self._lasting if ends > moment]
        for injected in over:
            if injected.end is not None:
                injected.end()

    def _end_all(self) -> None:
        """End what lasts, one failure not keeping the others from their end."""
        for _, injected in self._lasting:
            try:
                if injected.end is not None:
                    injected.end()
            except Exception as error:  # noqa: BLE001 - raised again by whoever leaves
                self._error = self._error or error
        self._lasting = []
