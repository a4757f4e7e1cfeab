"""/v1/matches: who could help, in what order and why; who could not, and why not."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from ihala.http import Answer, Blueprint, Query, answer, complain, fields, permit, wired
from ihala_referrals.api.bodies import SEXES
from ihala_referrals.api.parsing import refused
from ihala_referrals.api.referrals import READERS
from ihala_referrals.domain.candidate import Wanted
from ihala_referrals.domain.matching import Excluded, Match
from ihala_referrals.domain.places import Place
from ihala_referrals.domain.words import Priority
from ihala_referrals.usecases.deps import Deps
from ihala_referrals.usecases.matching import match, starting_place

matches = Blueprint(
    "matches",
    __name__,
    url_prefix="/v1/matches",
    description="Facilities that could take a person, with the reasons.",
)


class MatchQuery(Query):
    """What is looked for, from where, for whom."""

    service = fields.Code(required=True)
    lat = fields.Number(minimum=-90, maximum=90)
    lon = fields.Number(minimum=-180, maximum=180)
    facility_id = fields.Id("fac", metadata={"description": "Look from this facility's place."})
    priority = fields.Choice(Priority, load_default=Priority.ROUTINE)
    age = fields.Integer(minimum=0, maximum=130)
    sex = fields.Choice(SEXES)
    languages = fields.Several(fields.Language(), max_items=10, load_default=list)
    limit = fields.Integer(minimum=1, maximum=50, load_default=10)

    @ma.validates_schema
    def _from_somewhere(self, value: dict[str, Any], **_: Any) -> None:
        if ("lat" in value) != ("lon" in value):
            missing = "lon" if "lat" in value else "lat"
            raise ma.ValidationError({missing: complain("required", "Give both.").messages})
        if "lat" not in value and "facility_id" not in value:
            wrong = complain("required", "Give lat and lon, or a facility_id.").messages
            raise ma.ValidationError({"lat": wrong})


class MatchAnswer(Answer):
    """A facility that could help; ``why`` are the facts that put it where it stands."""

    facility_id = fields.Id("fac", required=True)
    name = ma.fields.Dict(required=True)
    why = ma.fields.Dict(required=True)


class ExcludedAnswer(Answer):
    """A facility that lists the service but cannot help."""

    facility_id = fields.Id("fac", required=True)
    name = ma.fields.Dict(required=True)
    why_not = ma.fields.List(ma.fields.String(), required=True)


class MatchesAnswer(Answer):
    """Best first; and, nearest first, those that were left out."""

    matches = ma.fields.List(ma.fields.Nested(MatchAnswer), required=True)
    excluded = ma.fields.List(ma.fields.Nested(ExcludedAnswer), required=True)


@matches.get("")
@permit(*READERS)
@matches.query(MatchQuery)
@matches.response(200, MatchesAnswer)
def find_matches(query: dict[str, Any]) -> Response:
    """Find facilities for a service, with why; and those left out, with why not."""
    deps = wired(Deps)
    place = Place(query["lat"], query["lon"]) if "lat" in query else None
    near = starting_place(deps, place, query.get("facility_id"))
    if near is None:
        raise refused("facility_id", "The place of this facility is not known.", "unknown_place")
    wanted = Wanted(
        priority=query["priority"],
        from_facility_id=query.get("facility_id"),
        age=query.get("age"),
        sex=query.get("sex"),
        languages=tuple(query["languages"]),
    )
    found, excluded = match(deps, query["service"], near, wanted, query["limit"])
    return answer(
        {"matches": [_match(one) for one in found], "excluded": [_excluded(it) for it in excluded]}
    )


def _match(one: Match) -> dict[str, Any]:
    return {"facility_id": one.facility_id, "name": one.name, "why": one.why}


def _excluded(one: Excluded) -> dict[str, Any]:
    return {"facility_id": one.facility_id, "name": one.name, "why_not": one.reasons}
