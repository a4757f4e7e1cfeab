"""Referrals do what their description says, whatever fits or breaks the description is sent."""

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
from tests.referrals.conftest import Session, World
from tests.referrals.samples import CENTRE, CLINIC, referral

from ihala.http import undeclared_endpoints
from ihala.testing.tokens import Issuer
from ihala_referrals.domain.table import Action

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
ONE = "/v1/referrals/{referral_id}"
OF_OFFERS = [str(action).replace("_", "-") for action in Action if action not in ("expire", "void")]
OPERATIONS = [
    "GET /v1/matches",
    "POST /v1/referrals",
    "GET /v1/referrals",
    "POST /v1/referrals/duplicates",
    f"GET {ONE}",
    f"PATCH {ONE}",
    f"GET {ONE}/actions",
    f"GET {ONE}/history",
    *(
        f"POST {ONE}/{verb}"
        for verb in ("open", "send", "withdraw", "close", "give-up", "void", "withdraw-consent")
    ),
    *(f"POST {ONE}/offers/{{number}}/{action}" for action in OF_OFFERS),
]


@pytest.fixture(scope="module")
def operations(made_world: World) -> dict[str, Any]:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", made_world.app)
    found = (cast(Any, result).ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found if "/v1/" in operation.label}


@pytest.fixture
def header(issuer: Issuer) -> dict[str, str]:
    return issuer.header("both", roles=["clinic", "coordinator"], facilities=[CLINIC, CENTRE])


@pytest.fixture
def known(world: World, header: dict[str, str]) -> dict[str, Any]:
    """Path parameters that name something."""
    session = Session(world.app.test_client(), header)
    made = session.post("/v1/referrals", referral(send=True, from_facility_id=CLINIC))
    return {"referral_id": made.json["id"], "number": 1}


def test_every_operation_is_tried(operations: dict[str, Any], world: World) -> None:
    """A new endpoint has to be added above; one that nobody may call is a mistake."""
    assert sorted(operations) == sorted(OPERATIONS)
    assert undeclared_endpoints(world.app) == []


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request(
    operations: dict[str, Any],
    known: dict[str, Any],
    header: dict[str, str],
    label: str,
    mode: schemathesis.GenerationMode,
) -> None:
    """Things that exist are asked for as often as things that do not."""

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operations[label].as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        if mode is schemathesis.GenerationMode.POSITIVE and len(str(case.body)) % 2:
            parameters = case.path_parameters or {}
            case.path_parameters = {**parameters, **{n: known[n] for n in parameters if n in known}}
        answer = case.call(headers=header)
        # A URI that is too long, or another version, is refused before all else is looked at.
        if answer.status_code not in (412, 414):
            case.validate_response(answer, checks=CHECKS)

    holds()
