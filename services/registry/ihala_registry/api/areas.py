"""/v1/areas: administrative areas by p-code."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import (
    Answer,
    Blueprint,
    Body,
    PageQuery,
    answer,
    expected_version,
    fields,
    paging,
    permit,
    wired,
)
from ihala_registry.api.bodies import PCODE
from ihala_registry.domain.areas import Area, AreaDetails
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.views import EDITORS
from ihala_registry.domain.vocabulary import AreaLevel
from ihala_registry.usecases.areas import put_area, the_area
from ihala_registry.usecases.deps import Deps

areas = Blueprint("areas", __name__, url_prefix="/v1/areas", description="Areas by p-code")


class AreaBody(Body):
    """An area; its centroid is where coarse facilities in it are shown."""

    level = fields.Choice(AreaLevel, required=True)
    name = fields.LocalisedText(required=True)
    centroid = fields.Point()
    parent = fields.Text(pattern=PCODE)


class AreaQuery(PageQuery):
    """Which areas to list."""

    level = fields.Choice(AreaLevel)
    parent = fields.Text(pattern=PCODE)


class AreaAnswer(Answer):
    """An area; what is not known is left out."""

    pcode = fields.Text(required=True)
    version = fields.Integer(required=True)
    updated_at = fields.UtcDateTime(required=True)
    level = fields.Choice(AreaLevel, required=True)
    name = fields.LocalisedText(required=True)
    centroid = fields.Point()
    parent = fields.Text()


_EXAMPLE = {
    "level": "adm3",
    "name": {"ar": "الدانا", "en": "Dana"},
    "centroid": {"lat": 36.21, "lon": 36.77},
    "parent": "SY0702",
}


@areas.get("")
@permit(*Role)
@areas.page(AreaAnswer, AreaQuery)
def list_areas(query: dict[str, Any]) -> Response:
    """List areas, by p-code."""
    page = paging().asked(query["limit"], query.get("cursor"))
    level, parent = query.get("level"), query.get("parent")
    found, position = wired(Deps).areas.page(level, parent, page.limit, page.after)
    return paging().answer([_view(area) for area in found], position)


@areas.get("/<code:pcode>")
@permit(*Role)
@areas.response(200, AreaAnswer)
def read(pcode: str) -> Response:
    """Read an area."""
    return _shown(the_area(wired(Deps), pcode))


@areas.put("/<code:pcode>")
@permit(*EDITORS, Role.OPERATOR)
@areas.body(AreaBody, example=_EXAMPLE)
@areas.response(200, AreaAnswer)
def put(body: dict[str, Any], pcode: str) -> Response:
    """Keep an area; one that exists needs If-Match. Coarse facilities move with the centroid."""
    deps = wired(Deps)
    version = expected_version(required=deps.areas.get(pcode) is not None)
    return _shown(put_area(deps, pcode, version, from_plain(AreaDetails, body)))


def _view(area: Area) -> dict[str, Any]:
    known = {"pcode": area.pcode, "version": area.version, "updated_at": area.updated_at}
    return {**known, **to_plain(area.details)}


def _shown(area: Area) -> Response:
    return answer(_view(area), version=area.version)
