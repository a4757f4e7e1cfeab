"""Correlation ids: the name of one piece of work, from a request to what comes of it, in logs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from structlog.typing import FilteringBoundLogger

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_IDS_PER_LINE = 200
"""With ids of the greatest length a line stays under 16 KiB, where collectors of logs cut it."""


def is_well_formed(id_: str) -> bool:
    """Whether it is short and plain enough to be adopted and logged."""
    return _WELL_FORMED.fullmatch(id_) is not None


def loggable(id_: str) -> str:
    """The id; empty for one that another system made up and that could hold anything."""
    return id_ if is_well_formed(id_) else ""


def log_threads(
    log: FilteringBoundLogger, event: str, ids: Iterable[str], **about: str | int
) -> None:
    """Log what happened to many pieces of work at once: one line, with the ids of all of them.

    Each id is there once, in the order in which they came. More than a line takes go on in further
    lines, so that none is missing. Ids that are not well formed are left out.
    """
    known = [id_ for id_ in dict.fromkeys(ids) if is_well_formed(id_)]
    for first in range(0, max(1, len(known)), _IDS_PER_LINE):
        log.info(event, **about, correlation_ids=known[first : first + _IDS_PER_LINE])
