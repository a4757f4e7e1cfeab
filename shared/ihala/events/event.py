"""An event: as a domain function returns it, and as it travels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Happened:
    """What a domain function says has happened; it gets its number and time when it is saved.

    ``data`` is None for a tombstone. It never holds personal data in the clear.
    """

    type: str
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event in flight: a CloudEvent with its place in its subject's history.

    ``seq`` counts within ``subject`` from 1, without holes; an event of an outside service may
    have none. ``key`` decides the partition: events of one key keep their order.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: dict[str, Any] | None
    key: str
    seq: int | None = None
    version: int = 1
    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str | None = None
