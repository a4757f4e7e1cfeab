"""The registry does what its description says, whatever fits or breaks the description is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
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
from tests.registry.conftest import Session, registry_settings
from tests.registry.samples import DIALYSIS

from ihala.http import undeclared_endpoints
from ihala.mongo import connect
from ihala.testing.mongod import Mongod
from ihala.testing.plugin import drop_database
from ihala.testing.tokens import Issuer
from ihala_registry.wiring import Prepared, make_deps
from ihala_registry.wsgi import make_web

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
def web(mongod: Mongod, issuer: Issuer) -> Iterator[Flask]:
    uri = mongod.uri(f"test_{os.urandom(6).hex()}")
    chosen = registry_settings(uri, issuer)
    database = connect(uri)
    deps = make_deps(database, chosen)
    prepared = Prepared(database, deps)
    prepared.check()
    yield make_web(chosen, deps, prepared)
    database.client.close()
    drop_database(uri)


@pytest.fixture(scope="module")
def operations(web: Flask) -> dict[str, Any]:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", web)
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found if "/v1/" in operation.label}


@pytest.fixture(scope="module")
def known(web: Flask, issuer: Issuer) -> dict[str, str]:
    """Path parameters that name something."""
    editor = Session(web.test_client(), issuer.header("editor", roles=["registry_editor"]))
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


def test_every_operation_is_tried(operations: dict[str, Any], web: Flask) -> None:
    """A new endpoint has to be added above; one that nobody may call is a mistake."""
    assert sorted(operations) == sorted(OPERATIONS)
    assert undeclared_endpoints(web) == []


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request(
    operations: dict[str, Any],
    known: dict[str, str],
    issuer: Issuer,
    label: str,
    mode: schemathesis.GenerationMode,
) -> None:
    """Things that exist are asked for as often as things that do not."""
    token = issuer.header("editor", roles=["registry_editor", "machine"])

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case) -> None:
        if mode is schemathesis.GenerationMode.POSITIVE and len(str(case.body)) % 2:
            parameters = case.path_parameters or {}
            case.path_parameters = {**parameters, **{n: known[n] for n in parameters if n in known}}
        answer = case.call(headers=token)
        # A URI that is too long is refused before its parameters are looked at.
        if answer.status_code != 414:
            case.validate_response(answer, checks=CHECKS)

    holds()
