"""Entering and changing organisations."""

from __future__ import annotations

from collections.abc import Callable

from ihala.caller import Caller
from ihala.errors import NotFound
from ihala.events.event import Happened
from ihala.ids import new_id
from ihala_registry.domain.errors import wrong
from ihala_registry.domain.organisations import (
    Organisation,
    OrganisationDetails,
    change_organisation,
)
from ihala_registry.store.organisations import KeptOrganisation
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import require_version, stale_when_lost

_MAX_GENERATIONS = 20


def enter_organisation(
    deps: Deps, caller: Caller, details: OrganisationDetails
) -> KeptOrganisation:
    """Enter an organisation. Raises Invalid when its parent is unknown."""
    now = deps.clock()
    organisation = Organisation(new_id("org"), details, now, now)
    _require_parent(deps, organisation)
    return deps.organisations.add(organisation, [Happened("organisation.entered", {})], caller)


@stale_when_lost
def edit_organisation(
    deps: Deps,
    caller: Caller,
    organisation_id: str,
    version: int | None,
    edit: Callable[[OrganisationDetails], OrganisationDetails],
) -> Organisation:
    """Change an organisation. Raises NotFound, Stale, and Invalid when its parent cannot be."""
    before = the_organisation(deps, organisation_id)
    require_version(before, version)
    after, events = change_organisation(before, edit(before.details), deps.clock())
    if not events:
        return before
    _require_parent(deps, after)
    return deps.organisations.save(before, after, events, caller)


def the_organisation(deps: Deps, organisation_id: str) -> Organisation:
    """The organisation; raises NotFound."""
    organisation = deps.organisations.get(organisation_id)
    if organisation is None:
        raise NotFound(f"There is no organisation {organisation_id}.")
    return organisation


def _require_parent(deps: Deps, organisation: Organisation) -> None:
    """The parent must exist, and nobody may be their own ancestor."""
    ancestor = organisation.details.parent_id
    for _ in range(_MAX_GENERATIONS):
        if ancestor is None:
            return
        if ancestor == organisation.id:
            raise wrong("/parent_id", "Must not be below the organisation itself.", "cycle")
        parent = deps.organisations.get(ancestor)
        if parent is None:
            raise wrong("/parent_id", "There is no such organisation.", "unknown")
        ancestor = parent.details.parent_id
    raise wrong("/parent_id", f"Has more than {_MAX_GENERATIONS} levels above it.", "too_deep")
