"""Time as the services see it: aware, in UTC, in whole milliseconds (what MongoDB keeps)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment in UTC, cut to whole milliseconds."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def whole_ms(moment: datetime) -> datetime:
    """The same moment without the microseconds that a database round trip would lose."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """``2026-03-01T09:30:00.250Z``: the one way in which times are written in JSON."""
    return moment.astimezone(UTC).isoformat("T", "milliseconds").removesuffix("+00:00") + "Z"
