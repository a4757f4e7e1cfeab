"""Faults of processes: killed, or standing still and waking up later."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.faults.chaos import Injected

from ihala_local.supervisor import Part

SHARED = frozenset({"mongod", "broker", "smtp"})
"""What all depend on: it stands still for a shorter time, or nothing would ever move."""

_PAUSE_S = (4.0, 28.0)
_PAUSE_OF_SHARED_S = (3.0, 12.0)


class Kill:
    """SIGKILL; whoever watches over the part starts it again."""

    kind = "kill"

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        name = chance.choice(sorted(self._parts))
        self._parts[name].process.resume()
        self._parts[name].kill()
        return Injected(name)


class Pause:
    """SIGSTOP, and SIGCONT after a time that may be longer than any lease or timeout.

    Leases last 6 s (relay), 15 s (claims) and 20 s (messages in mid-send, in these tests).
    """

    kind = "pause"

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts

    def inject(self, chance: random.Random) -> Injected:
        """See Fault."""
        name = chance.choice(sorted(self._parts))
        lasts_s = chance.uniform(*(_PAUSE_OF_SHARED_S if name in SHARED else _PAUSE_S))
        process = self._parts[name].process
        process.pause()
        return Injected(name, lasts_s, process.resume)
