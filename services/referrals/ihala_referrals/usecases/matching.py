"""Finding who could help: candidates from the projection, ranked by the domain."""

from __future__ import annotations

from ihala_referrals.domain.candidate import Wanted
from ihala_referrals.domain.matching import Excluded, Match, ranked
from ihala_referrals.domain.places import Place
from ihala_referrals.usecases.deps import Deps

_ENOUGH = 20
_DEEPER = 8


def match(
    deps: Deps, service_code: str, near: Place, wanted: Wanted, limit: int
) -> tuple[list[Match], list[Excluded]]:
    """The ``limit`` best facilities for a service, and those near by that were left out.

    The nearest ``2 x limit + 20`` facilities that list the service are weighed; when too few of
    them can help, once more, eight times as many.
    """
    now = deps.clock()
    weighed = 2 * limit + _ENOUGH
    candidates = deps.facilities.near(service_code, near, weighed)
    matches, excluded = ranked(candidates, wanted, now)
    if len(matches) < limit and len(candidates) >= weighed:
        candidates = deps.facilities.near(service_code, near, _DEEPER * weighed)
        matches, excluded = ranked(candidates, wanted, now)
    return matches[:limit], excluded[:limit]


def starting_place(deps: Deps, place: Place | None, facility_id: str | None) -> Place | None:
    """Where the person is: the place that was given, else where the facility publishes to be."""
    if place is not None or facility_id is None:
        return place
    return deps.facilities.place_of(facility_id)
