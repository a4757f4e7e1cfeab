"""The gateway: what it adds, what it refuses, and how it says so."""

from __future__ import annotations

import ssl
import warnings
from typing import Any

import httpx
import pytest
from tests.compose.deployment import GATEWAY, Deployment
from tests.compose.engine import Engine

from ihala.testing.waiting import wait_for

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2700)]


def test_the_gateway_guards_what_it_passes_on(deployed: Deployment) -> None:
    answer = httpx.get(f"{GATEWAY}/registry/v1/facilities")
    unknown = httpx.get(f"{GATEWAY}/metrics")
    large = httpx.post(f"{GATEWAY}/registry/v1/facilities", content=b"x" * (17 * 2**20))

    assert answer.status_code == 401
    assert answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "/" not in answer.headers["Server"]
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "urn:ihala:problem:not-found"
    assert large.status_code == 413
    assert large.json()["status"] == 413


def test_a_tag_that_the_gateway_made_weak_is_taken_back(stack: dict[str, Any]) -> None:
    own = {"Authorization": f"Bearer {stack['tokens']['registry_editor']}"}
    place = f"{GATEWAY}/registry/v1/facilities/{stack['facilities']['clinic_b']}"

    read = httpx.get(place, headers=own)
    changed = httpx.patch(
        place, headers=own | {"If-Match": read.headers["ETag"]}, json={"languages": ["ar", "en"]}
    )
    stale = httpx.patch(place, headers=own | {"If-Match": 'W/"1"'}, json={"languages": ["ar"]})

    assert read.headers["Content-Encoding"] == "gzip"
    assert changed.status_code == 200, changed.text
    assert stale.status_code == 412


def test_a_service_that_is_away_is_a_problem_document_and_comes_back(
    deployed: Deployment, engine: Engine, stack: dict[str, Any]
) -> None:
    container = deployed.containers()["referrals-web"]["Id"]
    place = f"{GATEWAY}/referrals/healthz"

    engine.run("stop", container)
    away = httpx.get(place, timeout=40)
    engine.run("start", container)

    assert away.status_code in (502, 504)
    assert away.json()["type"] == "urn:ihala:problem:unavailable"
    assert away.headers["Retry-After"] == "5"
    deployed.wait_until_well("referrals-web")
    wait_for(
        lambda: httpx.get(place).status_code == 200,
        deadline_s=30,
        what="the gateway to find it again",
        every_s=0.5,
    )


_ASKS_WITHOUT_WAITING = """
import json, socket, ssl
unchecked = ssl.create_default_context()
unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
said = b""
with socket.create_connection(("gateway", 8443), 10) as plain:
    with unchecked.wrap_socket(plain) as gateway:
        gateway.sendall(b"GET /registry/healthz HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n" * 600)
        while b"}" not in (limited := said.partition(b" 429 ")[2]):
            said += gateway.recv(65_536)
print(json.dumps(limited.decode()))
"""


def test_what_the_gateway_itself_refuses_is_a_problem_document_too(deployed: Deployment) -> None:
    """More than its burst of 200; from another address than ours, for each has its own share."""
    limited = deployed.python("mail", _ASKS_WITHOUT_WAITING)

    head, _, body = limited.partition("\r\n\r\n")
    assert "Content-Type: application/problem+json" in head
    assert "Retry-After: 1" in head
    assert "urn:ihala:problem:too-many-requests" in body


def test_who_forgot_tls_is_sent_to_our_address_and_to_no_other(deployed: Deployment) -> None:
    plain = httpx.get(
        "http://localhost:8080/registry/v1/facilities?limit=1",
        headers={"Host": "elsewhere.example.org"},
    )

    assert plain.status_code == 308
    assert plain.headers["Location"] == f"{GATEWAY}/registry/v1/facilities?limit=1"


def test_the_gateway_speaks_no_old_tls(deployed: Deployment) -> None:
    old = ssl.create_default_context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{GATEWAY}/registry/v1/facilities", verify=old)
