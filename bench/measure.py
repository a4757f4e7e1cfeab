"""How figures are taken: both sides in turn in one run, the median of the pairwise ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Question:
    """What is measured, in which unit, what it is held against, and the ratio that must hold."""

    name: str
    against: str
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def promise(self) -> str:
        """What must hold, in words; empty when nothing was promised."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""


@dataclass(frozen=True)
class Figure:
    """One row of the table: a question and what came of it."""

    question: Question
    ours: float
    theirs: float
    ratio: float

    @property
    def holds(self) -> bool | None:
        """Whether the figure is as DESIGN wants it; None when nothing was promised."""
        if self.question.at_least is not None:
            return self.ratio >= self.question.at_least
        if self.question.at_most is not None:
            return self.ratio <= self.question.at_most
        return None


def paired(
    question: Question,
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
        question,
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def growth(small: Figure, large: Figure) -> Figure:
    """Our own rate at ten times the data against itself; taken after one another, not in turn."""
    asked = small.question
    question = Question(
        f"{asked.name}, at 10 × the data", "the same before", asked.unit, at_least=0.8
    )
    return Figure(question, large.ours, small.ours, large.ours / small.ours)
