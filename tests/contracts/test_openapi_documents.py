"""The three services describe themselves in valid OpenAPI 3.1, and their web processes are slim."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ihala.testing.parts import Mongod
from ihala.testing.tokens import Issuer
from ihala_local import keys
from ihala_local.environments import SERVICES, Around, settings_of_web
from ihala_local.ground import Ground
from ihala_local.places import Places

DESCRIBE = """
import importlib, json, sys
client = importlib.import_module(f"ihala_{sys.argv[1]}.wsgi").application().test_client()
document = client.get("/openapi.json").get_json()
print(json.dumps({"document": document, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module", params=SERVICES)
def described(
    request: pytest.FixtureRequest,
    mongod: Mongod,
    issuer: Issuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What a service's web process says of itself, and what it has loaded."""
    around = around_of(mongod, issuer, Places(tmp_path_factory.mktemp("keys")))
    inherited = {name: value for name, value in os.environ.items() if name[:5] != "IHALA"}
    said = subprocess.run(
        [sys.executable, "-c", DESCRIBE, request.param],
        env=inherited | settings_of_web(request.param, around),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@pytest.fixture
def document(described: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described["document"]
    return found


def around_of(mongod: Mongod, issuer: Issuer, places: Places) -> Around:
    keys.make_keys(places.secrets)
    names = [*SERVICES, *(f"{service}-web-metrics" for service in SERVICES)]
    return Around(
        places=places,
        mongodb={service: mongod.uri(f"openapi_{service}") for service in SERVICES},
        kafka="127.0.0.1:1",
        smtp="127.0.0.1:1",
        issuer=issuer.name,
        jwks=issuer.jwks_file,
        ports=dict.fromkeys(names, 1),
        ground=Ground(),
    )


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield f"{method.upper()} {path}", operation


def test_the_document_is_valid_openapi_3_1(document: Mapping[str, Any]) -> None:
    problems = [problem.message for problem in OpenAPIV31SpecValidator(document).iter_errors()]

    assert problems == []


def test_every_operation_says_what_it_does_and_how_it_fails(document: Mapping[str, Any]) -> None:
    silent = [
        name
        for name, operation in operations(document)
        if not operation.get("summary")
        or not any(code[0] in "4d" for code in operation["responses"])
    ]

    assert silent == []


def test_every_operation_is_for_somebody_and_has_a_rate_limit(document: Mapping[str, Any]) -> None:
    """None is public, and too many calls are told to wait."""
    found = list(operations(document))

    assert [name for name, operation in found if not operation.get("x-roles")] == []
    assert [name for name, operation in found if "429" not in operation["responses"]] == []


def test_the_web_process_loads_no_kafka_client(described: dict[str, Any]) -> None:
    assert "kafka" not in described["modules"]
    assert not [name for name in described["modules"] if name.startswith("ihala.testing")]
