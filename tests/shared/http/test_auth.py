"""Tokens: only what our issuer signed, for us, in time, opens anything."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import KNOWN_ID, Shelf

from ihala.caller import Caller, Role
from ihala.http.auth import TokenVerifier
from ihala.http.keys import SigningKeys
from ihala.http.permissions import undeclared_endpoints
from ihala.http.refusals import NotAuthenticated
from ihala.testing.tokens import Issuer

Headers = dict[str, str]


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def status(client: FlaskClient, headers: Headers) -> int:
    return client.get(f"/v1/things/{KNOWN_ID}", headers=headers).status_code


def test_a_use_case_gets_the_caller_that_the_token_describes(
    client: FlaskClient, shelf: Shelf, clinic: Headers
) -> None:
    headers = {**clinic, "Accept-Language": "ar", "X-Correlation-Id": "visit-17"}

    client.post("/v1/things", json={"name": {"en": "a"}}, headers=headers)

    caller = shelf.callers[0]
    assert caller == Caller(
        "nurse-1",
        "org_1",
        frozenset({"fac_1"}),
        frozenset({Role.CLINIC}),
        correlation_id="visit-17",
        traceparent=caller.traceparent,
        language="ar",
    )


def test_without_a_token_the_way_in_is_named(client: FlaskClient) -> None:
    response = client.get("/v1/things")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="ihala"'
    assert response.get_json()["type"] == "urn:ihala:problem:unauthenticated"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": ["other", 7]},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 10**400},
        {"nbf": int(time.time()) + 600},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\x00b"},
        {"sub": "x" * 300},
        {"sub": ["a"]},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    client: FlaskClient, issuer: Issuer, changes: dict[str, Any]
) -> None:
    token = issuer.token("nurse-1", roles=["clinic"], changes=changes)

    response = client.get("/v1/things", headers=bearer(token))

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_clocks_may_differ_a_little(client: FlaskClient, issuer: Issuer) -> None:
    now = int(time.time())

    for changes in ({"exp": now - 5}, {"nbf": now + 5}, {"aud": ["other", "ihala"]}):
        token = issuer.token("nurse-1", roles=["clinic"], changes=changes)
        assert status(client, bearer(token)) == 200


def test_roles_and_claims_that_we_do_not_know_are_nothing(
    client: FlaskClient, issuer: Issuer
) -> None:
    strange: dict[str, Any] = {"ihala_roles": ["admin", 7, None, {"a": 1}], "ihala_facilities": 7}

    assert status(client, bearer(issuer.token("nurse-1", changes=strange))) == 403


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a.b.c",
        "Bearer ....",
        "Bearer é",
        "Bearer \x01",
    ],
)
def test_what_is_no_token_is_refused(client: FlaskClient, header: str) -> None:
    assert status(client, {"Authorization": header}) == 401


def test_a_known_token_under_another_scheme_is_refused(
    client: FlaskClient, clinic: Headers
) -> None:
    token = clinic["Authorization"].removeprefix("Bearer ")

    assert status(client, clinic) == 200
    assert status(client, {"Authorization": f"Digest {token}"}) == 401
    assert status(client, {"Authorization": f"bearer  {token}"}) == 200


def test_neither_none_nor_a_shared_secret_can_sign(client: FlaskClient, issuer: Issuer) -> None:
    claims = jwt_claims(issuer.token("nurse-1", roles=["clinic"]))
    public_key = issuer.jwks_file.read_bytes()
    key_id = json.loads(public_key)["keys"][0]["kid"]
    hmac = jwt.encode(
        {"alg": "HS256", "kid": key_id}, claims, OctKey.import_key(public_key), algorithms=["HS256"]
    )
    unsigned = ".".join([encoded({"alg": "none", "kid": key_id}), encoded(claims), ""])

    assert status(client, bearer(hmac)) == 401
    assert status(client, bearer(unsigned)) == 401


def test_a_changed_token_is_refused(client: FlaskClient, issuer: Issuer) -> None:
    header, _, signature = issuer.token("nurse-1", roles=["clinic"]).split(".")
    claims = {**jwt_claims(issuer.token("nurse-1")), "ihala_roles": ["operator"]}

    assert status(client, bearer(f"{header}.{encoded(claims)}.{signature}")) == 401


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048, {"kid": "k"}), "RS256"),
        (ECKey.generate_key("P-256", {"kid": "k"}), "ES256"),
        (OKPKey.generate_key("Ed25519", {"kid": "k"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "k"}), "Ed25519"),
    ],
)
def test_the_signatures_of_common_providers_are_read(
    things_app: MakeThings, issuer: Issuer, tmp_path: Path, key: Any, algorithm: str
) -> None:
    app = app_trusting(things_app, tmp_path, KeySet([key]))
    claims = jwt_claims(issuer.token("nurse-1", roles=["clinic"]))

    token = jwt.encode({"alg": algorithm, "kid": "k"}, claims, key, algorithms=[algorithm])

    assert status(app.test_client(), bearer(token)) == 200


def test_a_verified_token_costs_no_second_verification(issuer: Issuer) -> None:
    verifier = verifier_of(issuer)
    token = issuer.token("nurse-1", roles=["clinic"])

    identity = verifier.verify(token)

    assert verifier.known(token) is identity


def test_a_remembered_token_ends_when_it_expires(issuer: Issuer) -> None:
    moment = [time.time()]
    verifier = verifier_of(issuer, now=lambda: moment[0])
    token = issuer.token("nurse-1", lifetime_s=60)
    verifier.verify(token)

    moment[0] += 3600

    assert verifier.known(token) is None
    with pytest.raises(NotAuthenticated, match="expired"):
        verifier.verify(token)


def test_remembered_tokens_are_bounded(issuer: Issuer) -> None:
    verifier = verifier_of(issuer, remembered=10)
    tokens = [issuer.token(f"nurse-{n}") for n in range(25)]

    for token in tokens:
        verifier.verify(token)

    known = [token for token in tokens if verifier.known(token)]
    assert 0 < len(known) <= 10
    assert tokens[-1] in known


def test_an_endpoint_that_declares_nothing_is_closed_and_found(
    things_app: MakeThings, operator: Headers
) -> None:
    app = things_app()

    assert undeclared_endpoints(app) == ["things.closed"]
    assert app.test_client().get("/v1/things/closed", headers=operator).status_code == 403


def test_a_role_opens_only_what_it_is_for(client: FlaskClient, clinic: Headers) -> None:
    response = client.post(f"/v1/things/{KNOWN_ID}/break", headers=clinic)

    assert response.status_code == 403
    assert "operator" in response.get_json()["detail"]


def test_a_public_endpoint_needs_no_token(client: FlaskClient) -> None:
    assert client.get("/v1/things/count").get_json() == {"count": 7}


def verifier_of(issuer: Issuer, **options: Any) -> TokenVerifier:
    keys = SigningKeys(str(issuer.jwks_file))
    return TokenVerifier(keys, issuer=issuer.name, audience="ihala", **options)


def app_trusting(things_app: MakeThings, folder: Path, keys: KeySet) -> Flask:
    file = folder / "jwks.json"
    file.write_text(json.dumps(keys.as_dict(private=False)))
    return things_app(IHALA_JWKS=str(file))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def jwt_claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims
