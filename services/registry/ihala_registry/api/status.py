"""/v1/facilities/…/status: how far a facility functions."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.http import Blueprint, answer, current_caller, etag, expected_version, permit, wired
from ihala_registry.api.report_schemas import StatusAnswer, StatusBody
from ihala_registry.api.services import REPORTERS
from ihala_registry.domain.plain import from_plain
from ihala_registry.domain.reports import Status
from ihala_registry.domain.views import view_for
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.reports import Reporter, report_status, require_reporter

status = Blueprint(
    "status", __name__, url_prefix="/v1/facilities", description="How far facilities function"
)
_EXAMPLE = {
    "functionality": "partial",
    "utilities": {"power": "partial", "water": "full"},
    "causes": ["staff", "supplies"],
}


@status.put("/<id('fac'):facility_id>/status")
@permit(*REPORTERS)
@status.body(StatusBody, example=_EXAMPLE)
@status.response(200, StatusAnswer)
def put_status(body: dict[str, Any], facility_id: str) -> Response:
    """Report how far a facility functions (HeRAMS).

    An older report than the one that is kept changes nothing. If-Match is optional. 409 at a
    closed facility.
    """
    deps, caller = wired(Deps), current_caller()
    require_reporter(caller, facility_id)
    said = {"reported_at": deps.clock(), **body, "reported_by": caller.subject}
    facility = report_status(
        deps,
        Reporter(caller),
        facility_id,
        from_plain(Status, said),
        expected_version(required=False),
    )
    view = view_for(caller, facility, deps.clock())["status"]
    return answer(view, headers={"ETag": etag(facility.version)})
