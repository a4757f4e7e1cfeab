"""What must hold before something changes: it exists, in the version that the caller read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from ihala.errors import LostRace, NotFound, Stale
from ihala_registry.domain.facility import Facility
from ihala_registry.usecases.deps import Deps

P = ParamSpec("P")
R = TypeVar("R")


class Versioned(Protocol):
    """Something with a version."""

    @property
    def version(self) -> int:
        """The version of its document."""


def the_facility(deps: Deps, facility_id: str) -> Facility:
    """The facility; raises NotFound."""
    facility = deps.facilities.get(facility_id)
    if facility is None:
        raise no_facility(facility_id)
    return facility


def no_facility(facility_id: str) -> NotFound:
    """The error for an id that names no facility."""
    return NotFound(f"There is no facility {facility_id}.")


def require_version(thing: Versioned, expected: int | None) -> None:
    """Raise Stale unless ``expected`` is the current version; None expects nothing."""
    if expected is not None and thing.version != expected:
        raise Stale(
            f"This is version {thing.version} now, not {expected}. Read it again and repeat."
        )


def stale_when_lost(use_case: Callable[P, R]) -> Callable[P, R]:
    """For use cases that name a version: losing a race means that it is no longer current."""

    @functools.wraps(use_case)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return use_case(*args, **kwargs)
        except LostRace as lost:
            raise Stale("It was changed meanwhile. Read it again and repeat.") from lost

    return wrapped
