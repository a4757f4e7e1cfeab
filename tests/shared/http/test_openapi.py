"""The description says all that the edge does, and the docs page needs no internet."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import settings_for

from ihala.http import Blueprint, answer, permit, public
from ihala.http.app import make_app
from ihala.testing.tokens import Issuer


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def test_the_description_is_openapi_3_1_and_all_its_references_hold(
    described: dict[str, Any],
) -> None:
    assert described["openapi"] == "3.1.0"
    assert described["info"]["title"] == "Things"
    for reference in set(re.findall(r"'\$ref': '([^']+)'", str(described))):
        target: Any = described
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]


def test_every_schema_is_a_json_schema(described: dict[str, Any]) -> None:
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_an_operation_says_who_may_call_it(described: dict[str, Any]) -> None:
    make = described["paths"]["/v1/things"]["post"]
    count = described["paths"]["/v1/things/count"]["get"]

    assert make["security"] == [{"bearer": []}]
    assert make["x-roles"] == ["clinic"]
    assert "security" not in count
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_error_is_described_as_a_problem(described: dict[str, Any]) -> None:
    for operations in described["paths"].values():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            errors = {code for code in operation["responses"] if code >= "400"}
            assert {"400", "422", "429", "500", "503"} <= errors
            for code in errors:
                name = operation["responses"][code]["$ref"].rsplit("/", 1)[1]
                content = described["components"]["responses"][name]["content"]
                problem = content["application/problem+json"]["schema"]
                assert problem == {"$ref": "#/components/schemas/Problem"}


def test_a_real_problem_is_what_the_description_says(
    client: FlaskClient, described: dict[str, Any], clinic: dict[str, str]
) -> None:
    problem = client.post("/v1/things", json={}, headers=clinic).get_json()

    schema = {**described, "$ref": "#/components/schemas/Problem"}
    jsonschema.Draft202012Validator(schema).validate(problem)


def test_bodies_parameters_and_headers_are_described(described: dict[str, Any]) -> None:
    make = described["paths"]["/v1/things"]["post"]
    body = make["requestBody"]["content"]["application/json"]
    change = described["paths"]["/v1/things/{thing_id}"]["patch"]

    assert body["example"] == {"name": {"en": "A thing"}}
    assert body["schema"] == {"$ref": "#/components/schemas/NewThing"}
    assert {"$ref": "#/components/parameters/idempotency"} in make["parameters"]
    assert {"$ref": "#/components/parameters/version_required"} in change["parameters"]
    assert make["responses"]["201"]["headers"]["Location"] == {
        "$ref": "#/components/headers/Location"
    }
    assert "428" in change["responses"]
    upload = described["paths"]["/v1/things/import"]["post"]["requestBody"]["content"]
    assert set(upload) == {"text/csv", "application/geo+json"}


def test_fields_carry_their_bounds(described: dict[str, Any]) -> None:
    thing = described["components"]["schemas"]["NewThing"]["properties"]

    assert thing["weight_kg"]["maximum"] == 1000
    assert thing["colour"]["enum"] == ["red", "green"]
    assert thing["note"]["maxLength"] == 500
    assert thing["parts"]["maxItems"] == 3
    assert thing["parent_id"]["pattern"].startswith("^thg_")


def test_the_docs_page_brings_everything_with_it(client: FlaskClient) -> None:
    page = client.get("/docs")
    html = page.get_data(as_text=True)

    assert page.content_type.startswith("text/html")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"https?://", html)
    for file in re.findall(r'(?:src|href)="([^"]+)"', html):
        response = client.get(f"/{file}")
        assert response.status_code == 200, file
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        response.close()


def test_the_docs_serve_nothing_else(client: FlaskClient) -> None:
    for path in ("/docs/", "/docs/../app.py", "/docs/%2e%2e/setup.py", "/docs/index.html"):
        assert client.get(path).status_code == 404


def test_a_path_that_would_let_any_text_in_is_refused(issuer: Issuer) -> None:
    blueprint = Blueprint("open", __name__)
    blueprint.get("/<name>")(public(lambda name: answer({"name": name})))
    settings = settings_for(str(issuer.jwks_file), issuer.name)

    with pytest.raises(ValueError, match="declare name as <id"):
        make_app("T", "1", description="", blueprints=[blueprint], settings=settings)


def test_permit_without_roles_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs roles"):
        permit()


def test_two_apps_do_not_share_state(things_app: MakeThings, clinic: dict[str, str]) -> None:
    first = things_app(IHALA_RATE_PER_MINUTE="1").test_client()
    second = things_app(IHALA_RATE_PER_MINUTE="1").test_client()

    assert first.get("/v1/things", headers=clinic).status_code == 200
    assert second.get("/v1/things", headers=clinic).status_code == 200
