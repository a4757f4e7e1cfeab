"""How urgent a message is: how long it may still be sent, and how soon it is tried again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Class(StrEnum):
    """The class of a message; critical ones are not held back at night."""

    CRITICAL = "critical"
    NORMAL = "normal"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long messages of a class are worth sending, and the waits between two attempts."""

    worth_sending_for: timedelta
    first_wait: timedelta
    longest_wait: timedelta


PATIENCE: Mapping[Class, Patience] = {
    Class.CRITICAL: Patience(timedelta(hours=6), timedelta(seconds=5), timedelta(minutes=5)),
    Class.NORMAL: Patience(timedelta(hours=48), timedelta(seconds=30), timedelta(minutes=30)),
    Class.BULK: Patience(timedelta(hours=24), timedelta(minutes=5), timedelta(hours=2)),
}
"""Six hours: an emergency is to be answered within one, and escalated after it."""


def wait_before_retry(
    class_: Class, attempts: int, jitter: random.Random, at_least: timedelta = timedelta(0)
) -> timedelta:
    """How long to wait after so many attempts: doubling, at most the class's longest, and jittered.

    Half of the wait is random ("equal jitter"), so that what failed together does not return
    together. Never shorter than ``at_least``, which is what the provider asked for.
    """
    patience = PATIENCE[class_]
    doubled = patience.first_wait * 2 ** min(max(0, attempts - 1), 20)
    wait = min(doubled, patience.longest_wait)
    jittered: timedelta = wait / 2 + wait / 2 * jitter.random()
    return max(at_least, jittered)
