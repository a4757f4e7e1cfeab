"""The registry does what its description says, whatever fits or breaks the description is sent."""

from __future__ import annotations

from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.registry.conftest import Registry, Session
from tests.registry.samples import DIALYSIS

from ihala.events.contracts import contract_for
from ihala.http import undeclared_endpoints
from ihala.testing.tokens import Issuer
from ihala_registry.handlers.outlets import facility_outgoing

CHECKS = [
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
OPERATIONS = [
    "POST /v1/facilities",
    "GET /v1/facilities",
    "GET /v1/facilities/{facility_id}",
    "PATCH /v1/facilities/{facility_id}",
    "POST /v1/facilities/{facility_id}/lifecycle",
    "GET /v1/facilities/{facility_id}/history",
    "PUT /v1/facilities/{facility_id}/status",
    "GET /v1/facilities/{facility_id}/services/{service_code}",
    "PUT /v1/facilities/{facility_id}/services/{service_code}",
    "DELETE /v1/facilities/{facility_id}/services/{service_code}",
    "PUT /v1/facilities/{facility_id}/services/{service_code}/capacity",
    "GET /v1/service-types",
    "POST /v1/organisations",
    "GET /v1/organisations",
    "GET /v1/organisations/{organisation_id}",
    "PATCH /v1/organisations/{organisation_id}",
    "GET /v1/areas",
    "GET /v1/areas/{pcode}",
    "PUT /v1/areas/{pcode}",
    "POST /v1/imports",
    "GET /v1/imports",
    "GET /v1/imports/{import_id}",
    "GET /v1/imports/{import_id}/rows",
    "GET /v1/import-profiles",
    "GET /v1/import-profiles/{name}",
    "PUT /v1/import-profiles/{name}",
]


@pytest.fixture(scope="module")
def operations(_registry: Registry) -> dict[str, Any]:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", _registry.app)
    found = (cast(Any, result).ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found if "/v1/" in operation.label}


@pytest.fixture(scope="module")
def known(_registry: Registry, issuer: Issuer) -> dict[str, str]:
    """Path parameters that name something."""
    _registry.empty()
    editor = Session(
        _registry.app.test_client(), issuer.header("editor", roles=["registry_editor"])
    )
    facility = editor.post("/v1/facilities", DIALYSIS).json["id"]
    path = f"/v1/facilities/{facility}"
    editor.put(f"{path}/services/dialysis", {"availability": "fully"}, '"1"')
    organisation = editor.post(
        "/v1/organisations", {"name": {"en": "Example"}, "kind": "ngo"}
    ).json["id"]
    editor.put("/v1/areas/SY07", {"level": "adm1", "name": {"en": "Idleb"}})
    return {
        "facility_id": facility,
        "service_code": "dialysis",
        "organisation_id": organisation,
        "pcode": "SY07",
        "name": "osm",
    }


@pytest.fixture(scope="module")
def written(_registry: Registry) -> Registry:
    """The registry with all that the tests of this module have written."""
    return _registry


def test_every_operation_is_tried(operations: dict[str, Any], registry: Registry) -> None:
    """A new endpoint has to be added above; one that nobody may call is a mistake."""
    assert sorted(operations) == sorted(OPERATIONS)
    assert undeclared_endpoints(registry.app) == []


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request(
    operations: dict[str, Any],
    known: dict[str, str],
    issuer: Issuer,
    written: Registry,
    label: str,
    mode: schemathesis.GenerationMode,
) -> None:
    """Of things that exist, and that do not; whatever was written by it can be sent."""
    token = issuer.header("editor", roles=["registry_editor", "machine"])

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        if mode is schemathesis.GenerationMode.POSITIVE and len(str(case.body)) % 2:
            parameters = case.path_parameters or {}
            case.path_parameters = {**parameters, **{n: known[n] for n in parameters if n in known}}
        answer = case.call(headers=token)
        # A URI that is too long, or another version, is refused before all else is looked at.
        if answer.status_code not in (412, 414):
            case.validate_response(answer, checks=CHECKS)

    holds()

    for document in written.deps.facilities.collection.find():
        for entry in document["history"]:
            contract = contract_for(entry["type"])
            assert contract is not None
            contract.check_sent(facility_outgoing(document, entry).data)
