"""Whatever is thrown at the edge, it answers with a problem of the sender's, never a 500."""

from __future__ import annotations

import json
import string
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.shared.http.things import KNOWN_ID, NewThing, ThingQuery, make_things, settings_for

from ihala.testing.tokens import Issuer

FINE = {200, 201, 202, 304}
REFUSED = {400, 401, 403, 404, 405, 412, 413, 414, 415, 422, 428}
HEADER_TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
TAGS = HEADER_TEXT | st.text('W/"*,0123456789 ', max_size=12)
LATIN = st.text(st.characters(max_codepoint=255), max_size=30)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-03-01T09:30:00Z", "+963944123456", KNOWN_ID, "a", {"$gt": ""}]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ar", "en", "lat", "lon", "code", "amount"]) | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from(sorted(NewThing().fields)) | st.text(max_size=8), VALUES, max_size=6
)
RAW = BODIES.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=80)
TYPES = st.sampled_from(["application/json", "application/merge-patch+json"]) | HEADER_TEXT
QUERY_NAMES = st.sampled_from(sorted(ThingQuery().fields)) | st.text(max_size=6)
QUERIES = st.lists(
    st.tuples(QUERY_NAMES, st.text(max_size=20) | st.sampled_from(["1", "red", "36,36", "a,b"])),
    max_size=4,
)


@pytest.fixture(scope="module")
def app(issuer: Issuer) -> Flask:
    return make_things(settings_for(str(issuer.jwks_file), issuer.name))


@pytest.fixture(scope="module")
def token(issuer: Issuer) -> str:
    return issuer.token("nurse-1", roles=["clinic", "machine"])


slowly = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(response) -> None:  # type: ignore[no-untyped-def]
    assert response.status_code in FINE | REFUSED, response.get_data(as_text=True)
    assert response.headers["X-Correlation-Id"].isascii()
    if response.status_code >= 400:
        assert response.content_type == "application/problem+json"
        problem = json.loads(response.get_data())
        assert problem["status"] == response.status_code
        assert problem["detail"]
        assert problem["type"].startswith("urn:ihala:problem:")


@slowly
@given(raw=RAW, content_type=TYPES)
def test_any_body(app: Flask, token: str, raw: bytes, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"1"'}
    client = app.test_client()

    check(client.post("/v1/things", data=raw, content_type=content_type, headers=headers))
    check(
        client.patch(f"/v1/things/{KNOWN_ID}", data=raw, content_type=content_type, headers=headers)
    )
    check(client.post("/v1/things/import", data=raw, content_type=content_type, headers=headers))


@slowly
@given(query=QUERIES)
def test_any_query(app: Flask, token: str, query: list[tuple[str, str]]) -> None:
    text = urlencode(query, errors="surrogatepass")

    check(app.test_client().get(f"/v1/things?{text}", headers=bearer(token)))


@slowly
@given(query=st.text(string.printable.replace("#", ""), max_size=60))
def test_any_raw_query(app: Flask, token: str, query: str) -> None:
    environ = {"QUERY_STRING": query}

    check(app.test_client().get("/v1/things", headers=bearer(token), environ_overrides=environ))


@slowly
@given(path=LATIN)
def test_any_path(app: Flask, token: str, path: str) -> None:
    environ = {"PATH_INFO": f"/v1/things/{path}"}

    check(app.test_client().get("/", headers=bearer(token), environ_overrides=environ))


@slowly
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "HTTP_IF_MATCH": TAGS,
            "HTTP_IF_NONE_MATCH": TAGS,
            "HTTP_IDEMPOTENCY_KEY": HEADER_TEXT,
            "HTTP_ACCEPT_LANGUAGE": HEADER_TEXT | st.text("ar,fen;q=0.1*-", max_size=30),
            "HTTP_X_CORRELATION_ID": HEADER_TEXT,
            "HTTP_TRACEPARENT": HEADER_TEXT,
            "HTTP_CONTENT_ENCODING": HEADER_TEXT,
            "HTTP_ACCEPT": HEADER_TEXT,
            "HTTP_RANGE": HEADER_TEXT,
            "HTTP_X_FORWARDED_FOR": HEADER_TEXT,
            "HTTP_HOST": HEADER_TEXT,
            "HTTP_COOKIE": HEADER_TEXT,
            "REMOTE_ADDR": HEADER_TEXT,
        },
    ),
    st.sampled_from(["GET", "POST", "PATCH"]),
)
def test_any_headers(app: Flask, token: str, environ: dict[str, str], method: str) -> None:
    path = "/v1/things" if method == "POST" else f"/v1/things/{KNOWN_ID}"
    body = None if method == "GET" else {"name": {"en": "a"}}

    response = app.test_client().open(
        path, method=method, json=body, headers=bearer(token), environ_overrides=environ
    )

    check(response)


@slowly
@given(HEADER_TEXT | st.text(string.ascii_letters + "._-", max_size=60).map("Bearer {}".format))
def test_any_authorization(app: Flask, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header}

    response = app.test_client().get("/v1/things", environ_overrides=environ)

    assert response.status_code == 401
    check(response)


@slowly
@given(st.text(string.ascii_uppercase + "-_$", min_size=1, max_size=12))
def test_any_method(app: Flask, token: str, method: str) -> None:
    check(app.test_client().open("/v1/things", method=method, headers=bearer(token)))


@slowly
@given(data=st.data())
def test_any_bent_token(app: Flask, token: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_."))
    bent = token[:place] + letter + token[place + 1 :]

    response = app.test_client().get("/v1/things", headers=bearer(bent))

    assert (response.status_code == 200) == (bent == token)
    check(response)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
