"""The service does what its description says, whatever fits or breaks the description is sent."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import (
    allow_header_conformance,
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.shared.http.things import make_things, settings_for

from ihala.testing.tokens import Issuer

CHECKS = [
    allow_header_conformance,
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def operations(issuer: Issuer) -> dict[str, Any]:
    app = make_things(settings_for(str(issuer.jwks_file), issuer.name))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app).exclude(path_regex="break|closed")
    results: list[Any] = list(schema.get_all_operations())
    return {result.ok().label: result.ok() for result in results}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize(
    "label",
    [
        "GET /v1/things",
        "POST /v1/things",
        "GET /v1/things/{thing_id}",
        "PATCH /v1/things/{thing_id}",
        "GET /v1/things/count",
    ],
)
def test_any_request(
    operations: dict[str, Any],
    issuer: Issuer,
    label: str,
    mode: schemathesis.GenerationMode,
) -> None:
    token = issuer.header("nurse-1", roles=["clinic", "machine"])

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, headers=token)

    holds()
