"""/v1/facilities: registering, reading, changing and finding facilities."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import (
    Blueprint,
    PageQuery,
    answer,
    current_caller,
    etag,
    expected_version,
    paging,
    permit,
    wired,
)
from ihala_registry.api.facility_schemas import (
    FacilityAnswer,
    FacilityBody,
    FacilityPatch,
    FacilityQuery,
    HistoryAnswer,
    LifecycleMove,
    NewFacility,
)
from ihala_registry.api.merge_patch import editing
from ihala_registry.domain import search
from ihala_registry.domain.facility import Details, Facility
from ihala_registry.domain.folding import query_words
from ihala_registry.domain.places import Point, shown_distance_m
from ihala_registry.domain.plain import from_plain
from ihala_registry.domain.views import EDITORS, has_decayed_capacity, sees_everything, view_for
from ihala_registry.domain.vocabulary import Lifecycle
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.facilities import change_facility, move_facility, register_facility
from ihala_registry.usecases.preconditions import the_facility

facilities = Blueprint(
    "facilities", __name__, url_prefix="/v1/facilities", description="Places that offer services"
)

_EXAMPLE = {
    "name": {"ar": "مركز غسيل الكلى", "en": "Dialysis centre"},
    "type": "dialysis_centre",
    "location": {
        "admin": {"country": "SY", "adm1": "SY07", "adm2": "SY0702", "adm3": "SY070203"},
        "point": {"lat": 35.93, "lon": 36.63},
    },
    "contacts": [
        {"channel": "email", "value": "desk@dialysis.example.org", "purpose": "referrals"}
    ],
}


@facilities.post("")
@permit(*EDITORS)
@facilities.body(NewFacility, example=_EXAMPLE)
@facilities.response(201, FacilityAnswer)
def register(body: dict[str, Any]) -> Response:
    """Register a facility.

    409 when another facility carries one of its identifiers.
    """
    lifecycle = Lifecycle(body["lifecycle"])
    kept = register_facility(wired(Deps), current_caller(), from_plain(Details, body), lifecycle)
    return shown(kept.facility, 201, located=True, replayed=kept.replayed)


@facilities.get("")
@permit(*Role)
@facilities.page(FacilityAnswer, FacilityQuery)
def find(query: dict[str, Any]) -> Response:
    """Find facilities.

    Ordered by distance with `near`, by change with `updated_since` (then oldest change first, to
    keep a copy up to date), else by id. Distances count to the published point.
    """
    page = paging().asked(query["limit"], query.get("cursor"))
    found, position = wired(Deps).search.page(_query(query), page.limit, page.after)
    return paging().answer([_item(one) for one in found], position)


def _query(query: dict[str, Any]) -> search.FacilityQuery:
    return search.FacilityQuery(
        types=tuple(query.get("type", ())),
        service=query.get("service"),
        area=query.get("area"),
        words=tuple(query_words(query.get("q", ""))),
        near=Point(*query["near"]) if "near" in query else None,
        radius_m=query.get("radius_m", search.DEFAULT_RADIUS_M),
        lifecycles=tuple(query.get("lifecycle", ())),
        functionalities=tuple(query.get("functionality", ())),
        updated_since=query.get("updated_since"),
    )


def _item(found: search.Found) -> dict[str, Any]:
    view = view_for(current_caller(), found.facility, wired(Deps).clock())
    if found.distance_m is None:
        return view
    precision = found.facility.published.precision
    return view | {"distance_m": shown_distance_m(found.distance_m, precision)}


@facilities.get("/<id('fac'):facility_id>")
@permit(*Role)
@facilities.response(200, FacilityAnswer)
def read(facility_id: str) -> Response:
    """Read a facility.

    A facility that shows the age of a capacity is sent anew each time, also when its ETag matches.
    """
    return shown(the_facility(wired(Deps), facility_id))


@facilities.patch("/<id('fac'):facility_id>")
@permit(*EDITORS)
@facilities.body(FacilityPatch, example={"tier": "secondary", "catchment_population": None})
@facilities.response(200, FacilityAnswer)
def change(body: dict[str, Any], facility_id: str) -> Response:
    """Change a facility by a JSON merge patch (RFC 7396): what is absent stays, null removes."""
    edit = editing(Details, FacilityBody, body)
    changed = change_facility(wired(Deps), current_caller(), facility_id, expected_version(), edit)
    return shown(changed)


@facilities.post("/<id('fac'):facility_id>/lifecycle")
@permit(*EDITORS)
@facilities.body(LifecycleMove, example={"to": "suspended", "reason": "No electricity"})
@facilities.response(200, FacilityAnswer)
def move(body: dict[str, Any], facility_id: str) -> Response:
    """Move a facility to another state of its life; 409 when its life does not lead there.

    planned → under_construction → equipped → operational ⇄ suspended, and closed from anywhere.
    """
    version = expected_version(required=False)
    kept = move_facility(
        wired(Deps), current_caller(), facility_id, body["to"], body["reason"], version
    )
    return shown(kept.facility, replayed=kept.replayed)


@facilities.get("/<id('fac'):facility_id>/history")
@permit(*Role)
@facilities.page(HistoryAnswer, PageQuery)
def read_history(query: dict[str, Any], facility_id: str) -> Response:
    """What happened to a facility, the newest first."""
    deps = wired(Deps)
    the_facility(deps, facility_id)
    page = paging().asked(query["limit"], query.get("cursor"))
    entries = deps.histories.page(facility_id, page.limit + 1, page.after)
    full = sees_everything(current_caller(), facility_id)
    items = [_entry(entry, full=full) for entry in entries[: page.limit]]
    return paging().answer(items, items[-1]["seq"] if len(entries) > page.limit else None)


def _entry(entry: dict[str, Any], *, full: bool) -> dict[str, Any]:
    names = ("seq", "id", "type", "time", "data", *(("actor",) if full else ()))
    return {name: entry[name] for name in names}


def shown(
    facility: Facility, status: int = 200, *, located: bool = False, replayed: bool = False
) -> Response:
    """The facility as the caller may see it, with its ETag."""
    now = wired(Deps).clock()
    view = view_for(current_caller(), facility, now)
    location = f"/v1/facilities/{facility.id}" if located else None
    if has_decayed_capacity(facility, now):
        tag = {"ETag": etag(facility.version)}
        return answer(view, status, location=location, replayed=replayed, headers=tag)
    return answer(view, status, version=facility.version, location=location, replayed=replayed)
