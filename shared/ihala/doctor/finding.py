"""What a check finds: how it stands, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious it is; ``skipped`` is what could not be looked at from here, with the reason."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``mend`` says what to do, and is empty where all is well."""

    check: str
    level: Level
    says: str
    mend: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, says)


def warn(check: str, says: str, mend: str) -> Finding:
    """It works, and will not for long, or not as it should."""
    return Finding(check, Level.WARN, says, mend)


def bad(check: str, says: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.BAD, says, mend)


def skipped(check: str, says: str) -> Finding:
    """It could not be looked at from here."""
    return Finding(check, Level.SKIPPED, says)
