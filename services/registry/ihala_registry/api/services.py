"""/v1/facilities/…/services, and /v1/service-types: what is offered where."""

from __future__ import annotations

from typing import Any

from flask import Response

from ihala.caller import Role
from ihala.http import Blueprint, answer, current_caller, etag, expected_version, permit, wired
from ihala_registry.api.report_schemas import CapacityBody
from ihala_registry.api.service_schemas import ServiceAnswer, ServiceBody, TaxonomyAnswer
from ihala_registry.domain.facility import Facility
from ihala_registry.domain.plain import from_plain, to_plain
from ihala_registry.domain.reports import CapacityReport
from ihala_registry.domain.services import ServiceOffer
from ihala_registry.domain.taxonomy import SERVICE_TYPES, VERSION
from ihala_registry.domain.views import EDITORS, sees_everything, service_view
from ihala_registry.usecases.deps import Deps
from ihala_registry.usecases.preconditions import the_facility
from ihala_registry.usecases.reports import Reporter, report_capacity, require_reporter
from ihala_registry.usecases.services import put_service, remove_service, the_service

services = Blueprint(
    "services", __name__, url_prefix="/v1", description="What is offered where, and how much of it"
)
_PATH = "/facilities/<id('fac'):facility_id>/services/<code:service_code>"
REPORTERS = (*EDITORS, Role.CLINIC, Role.PROTECTION, Role.COORDINATOR, Role.MACHINE)


@services.get("/service-types")
@permit(*Role)
@services.response(200, TaxonomyAnswer)
def list_service_types() -> dict[str, Any]:
    """All codes that a service can have, in three languages."""
    return {"version": VERSION, "items": [to_plain(kind) for kind in SERVICE_TYPES.values()]}


@services.get(_PATH)
@permit(*Role)
@services.response(200, ServiceAnswer)
def read_service(facility_id: str, service_code: str) -> Response:
    """Read a service at a facility, with its capacity as it reads now."""
    return _shown(the_facility(wired(Deps), facility_id), service_code)


@services.put(_PATH)
@permit(*EDITORS)
@services.body(ServiceBody, example={"availability": "fully", "referral_required": True})
@services.response(200, ServiceAnswer)
def put(body: dict[str, Any], facility_id: str, service_code: str) -> Response:
    """List a service at a facility, or change it; its capacity stays as reported.

    If-Match is the facility's ETag. 409 at a closed facility.
    """
    offer = from_plain(ServiceOffer, {**body, "code": service_code})
    facility = put_service(wired(Deps), current_caller(), facility_id, expected_version(), offer)
    return _shown(facility, service_code)


@services.delete(_PATH)
@permit(*EDITORS)
@services.response(204)
def remove(facility_id: str, service_code: str) -> Response:
    """List a service no longer. If-Match is the facility's ETag."""
    version = expected_version()
    facility = remove_service(wired(Deps), current_caller(), facility_id, version, service_code)
    return answer(headers={"ETag": etag(facility.version)})


@services.put(f"{_PATH}/capacity")
@permit(*REPORTERS)
@services.body(CapacityBody, example={"unit": "chair", "maximum": 12, "available": 3})
@services.response(200, ServiceAnswer)
def put_capacity(body: dict[str, Any], facility_id: str, service_code: str) -> Response:
    """Report what a service can take. An older report than the one that is kept changes nothing.

    If-Match is optional. 409 at a closed facility.
    """
    deps, caller = wired(Deps), current_caller()
    require_reporter(caller, facility_id)
    said = {"reported_at": deps.clock(), **body, "reported_by": caller.subject}
    facility = report_capacity(
        deps,
        Reporter(caller),
        facility_id,
        service_code,
        from_plain(CapacityReport, said),
        expected_version(required=False),
    )
    return _shown(facility, service_code)


def _shown(facility: Facility, code: str) -> Response:
    full = sees_everything(current_caller(), facility.id)
    view = service_view(the_service(facility, code), wired(Deps).clock(), full=full)
    return answer(view, headers={"ETag": etag(facility.version)})
