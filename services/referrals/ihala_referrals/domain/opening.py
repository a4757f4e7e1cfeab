"""Whether the doors are open: RFC 5545 rules for the days, local times for the hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr

_ANCHOR = date(2024, 1, 1)
"""A Monday. A rule without a start counts from here: every second week is the same for all."""

_SLOW = ("SECONDLY", "MINUTELY", "HOURLY", "BYHOUR", "BYMINUTE", "BYSECOND", "DTSTART")


@dataclass(frozen=True, slots=True)
class Hours:
    """On the days of ``rrule``, open from ``opens_at`` to ``closes_at`` (if earlier: overnight)."""

    rrule: str
    opens_at: str
    closes_at: str


def open_at(hours: Sequence[Hours], time_zone: str | None, moment: datetime) -> bool | None:
    """Whether one of the rules has the doors open; None when nothing is known of it."""
    zone = _zone(time_zone)
    if not hours or zone is None:
        return None
    local = moment.astimezone(zone)
    answers = [_open(one, local) for one in hours]
    return True if True in answers else (None if None in answers else False)


def _open(hours: Hours, local: datetime) -> bool | None:
    times = _times(hours.opens_at, hours.closes_at)
    today = _opens_on(hours.rrule, local.date())
    if times is None or today is None:
        return None
    opens, closes = times
    now = local.time()
    if opens < closes:
        return today and opens <= now < closes
    yesterday = _opens_on(hours.rrule, local.date() - timedelta(days=1))
    return (today and now >= opens) or (bool(yesterday) and now < closes)


@lru_cache(maxsize=512)
def _times(opens_at: str, closes_at: str) -> tuple[time, time] | None:
    try:
        return time.fromisoformat(opens_at), time.fromisoformat(
            "00:00" if closes_at == "24:00" else closes_at
        )
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _opens_on(rule: str, day: date) -> bool | None:
    """Whether the rule names the day; None for a rule that is malformed or finer than days."""
    if any(word in rule.upper() for word in _SLOW):
        return None
    start = datetime.combine(_ANCHOR, time())
    wanted = datetime.combine(day, time())
    try:
        return bool(rrulestr(rule, dtstart=start).between(wanted, wanted, inc=True))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        return None


@lru_cache(maxsize=64)
def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
