"""Safe hours: when it does a person no harm to be written to."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")


def next_safe_moment(hours: object, now: datetime, zone: tzinfo) -> datetime:
    """``now`` when it is safe, else when it next is.

    ``hours`` are such as ``09:00-16:30``, local time. They may run over midnight. Hours that
    nobody can read are taken as ten to twelve in the morning: silence would break the promise
    to tell, and any other time the promise of safety.
    """
    if not hours:
        return now
    found = _HOURS.fullmatch(hours.strip()) if isinstance(hours, str) else None
    begin_h, begin_m, end_h, end_m = map(int, found.groups()) if found else (10, 0, 12, 0)
    begin, end = time(begin_h, begin_m), time(end_h, end_m)
    local = now.astimezone(zone)
    inside = begin <= local.time() < end if begin < end else not end <= local.time() < begin
    if inside or begin == end:
        return now
    start = local.replace(hour=begin_h, minute=begin_m, second=0, microsecond=0)
    start = start if start > local else start + timedelta(days=1)
    return start.astimezone(now.tzinfo)
