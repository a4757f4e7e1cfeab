"""How figures are taken: all sides in turn in one run, the median of the pairwise ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[], float]


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


def in_turn(*sides: Measure, rounds: int) -> list[list[float]]:
    """What each side gave, round by round, after one warm-up each.

    The machine's mood changes from second to second; it is much the same within a round.
    """
    for side in sides:
        side()
    measured = [[side() for side in sides] for _ in range(rounds)]
    return [list(of_one_side) for of_one_side in zip(*measured, strict=True)]


def figure(question: Question, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """The medians of two sides that were measured in turn, and of their ratios."""
    ratios = (our / their for our, their in zip(ours, theirs, strict=True))
    medians = (statistics.median(ours), statistics.median(theirs), statistics.median(ratios))
    return Figure(question, *medians)


def paired(question: Question, ours: Measure, theirs: Measure, rounds: int) -> Figure:
    """Both sides, measured in turn."""
    return figure(question, *in_turn(ours, theirs, rounds=rounds))


def growth_of(question: Question) -> Question:
    """Our own rate at ten times the data against itself."""
    name = f"{question.name}, at 10 × the data"
    return Question(name, "the same before", question.unit, at_least=0.8)
