"""How figures are taken: both sides in turn in one run, the median of the pairwise ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One row of the table: what we do, what it is held against, and the ratio that must hold."""

    name: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the figure is as DESIGN wants it; None when nothing was promised."""
        if self.at_least is not None:
            return self.ratio >= self.at_least
        if self.at_most is not None:
            return self.ratio <= self.at_most
        return None


def paired(
    name: str,
    unit: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    rounds: int = ROUNDS,
) -> Figure:
    """Measure both sides in turn after one warm-up each.

    The machine's mood changes from second to second; it is the same for both halves of a pair.
    """
    ours()
    theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return Figure(
        name,
        unit,
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )
