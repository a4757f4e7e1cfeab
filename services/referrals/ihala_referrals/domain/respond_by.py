"""How long a facility has to answer, by priority, or by service and priority."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ihala_referrals.domain.words import Priority

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
STANDARD = {
    Priority.EMERGENCY: timedelta(hours=1),
    Priority.URGENT: timedelta(hours=24),
    Priority.ROUTINE: timedelta(hours=72),
}
CLOSES_AFTER = timedelta(days=14)
"""A completed referral whose counter-referral nobody confirmed closes by itself after so long."""


@dataclass(frozen=True, slots=True)
class RespondBy:
    """The periods in force; a service's own period comes before the standard one."""

    by_priority: Mapping[Priority, timedelta] = field(default_factory=lambda: STANDARD)
    by_service: Mapping[tuple[str, Priority], timedelta] = field(default_factory=dict)

    def period(self, service_code: str, priority: Priority) -> timedelta:
        """How long a facility has for this service at this priority."""
        return self.by_service.get((service_code, priority), self.by_priority[priority])


def parse_respond_by(text: str) -> RespondBy:
    """Read ``urgent=12h,dialysis.emergency=30m``; ValueError says what each part must look like."""
    by_priority, by_service = dict(STANDARD), {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, period = part.partition("=")
        service, _, priority = name.strip().rpartition(".")
        if priority not in tuple(Priority):
            raise ValueError("must be like urgent=12h,dialysis.emergency=30m")
        if service:
            by_service[service, Priority(priority)] = _period(period.strip())
        else:
            by_priority[Priority(priority)] = _period(period.strip())
    return RespondBy(by_priority, by_service)


def _period(text: str) -> timedelta:
    parts = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", text)
    if parts is None:
        raise ValueError("a period must be a whole number with s, m or h, such as 12h")
    return int(parts[1]) * _UNITS[parts[2]]
