"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotInTimeError(AssertionError):
    """The condition did not come true before its deadline."""


def wait_for(
    condition: Callable[[], T | None],
    *,
    deadline_s: float = 10.0,
    what: str = "the condition",
    every_s: float = 0.02,
    retry_on: tuple[type[BaseException], ...] = (),
) -> T:
    """Ask ``condition`` until its answer is truthy and return that answer.

    Raises NotInTimeError after ``deadline_s`` seconds with ``what`` was waited for and the last
    answer. Exceptions travel, except those of ``retry_on``, which count as "not yet".
    """
    end = time.monotonic() + deadline_s
    while True:
        answer: T | BaseException | None
        try:
            answer = condition()
            if answer:
                return answer
        except retry_on as error:
            answer = error
        if time.monotonic() >= end:
            raise NotInTimeError(f"waited {deadline_s:g} s for {what}; last answer: {answer!r}")
        time.sleep(every_s)
