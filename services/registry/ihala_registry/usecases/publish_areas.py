"""Moving the published point of coarse facilities when the centroid of their area was changed."""

from __future__ import annotations

from ihala.caller import system
from ihala.errors import LostRace
from ihala_registry.domain import facility as rules
from ihala_registry.domain.facility import Facility
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.facilities import settle

_WORKER = system("areas")


def publish_areas(deps: Deps) -> int:
    """Work on one area that is due, if there is one; how many areas were done.

    Safe to repeat: a facility that shows the right point already is left alone.
    """
    claimed = deps.areas.due.claim(1)
    for area in claimed:
        for facility_id in deps.facilities.coarse_in(area["_id"]):
            _publish_anew(deps, facility_id)
        deps.areas.settled(area)
    return len(claimed)


def _publish_anew(deps: Deps, facility_id: str) -> None:
    """Until it is saved: whoever keeps changing the facility publishes it anew as well."""
    while facility := deps.facilities.get(facility_id):
        try:
            _save_anew(deps, facility)
        except LostRace:
            continue
        return


def _save_anew(deps: Deps, facility: Facility) -> None:
    after, events = rules.change(facility, *settle(deps, facility.details), deps.clock())
    if events:
        deps.facilities.save(facility, after, events, _WORKER)
