"""Keeping administrative areas."""

from __future__ import annotations

from ihala.errors import NotFound
from ihala_registry.domain.areas import Area, AreaDetails
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import require_version, stale_when_lost


@stale_when_lost
def put_area(deps: Deps, pcode: str, version: int | None, details: AreaDetails) -> Area:
    """Keep the area; ``version`` is the one it replaces (None where there was none). Raises Stale.

    Coarse facilities in it move to a new centroid soon after.
    """
    before = deps.areas.get(pcode)
    if before is not None:
        require_version(before, version)
        if before.details == details:
            return before
    return deps.areas.put(Area(pcode, details, deps.clock()), before)


def the_area(deps: Deps, pcode: str) -> Area:
    """The area; raises NotFound."""
    area = deps.areas.get(pcode)
    if area is None:
        raise NotFound(f"There is no area {pcode}.")
    return area
