"""Kills processes at random moments, by a seed; they come back by their supervisor."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Self

from ihala_local.supervisor import Part

_SHORTEST_S, _LONGEST_S = 0.3, 2.5


class Chaos:
    """SIGKILLs one part after another while it is entered; ``kills`` counts them by name."""

    def __init__(self, parts: Mapping[str, Part], seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self._parts = parts
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kill_on, name="chaos")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _kill_on(self) -> None:
        while not self._over.wait(self._random.uniform(_SHORTEST_S, _LONGEST_S)):
            name = self._random.choice(sorted(self._parts))
            self._parts[name].kill()
            self.kills[name] += 1
