"""Bodies and queries are read strictly: what is ambiguous, unbounded or unstorable is refused."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import KNOWN_ID

from ihala.errors import BadRequest
from ihala.http.reading import MAX_DEPTH, strict_json

Headers = dict[str, str]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON_VALUES)
def test_any_storable_json_is_read_as_python_reads_it(value: object) -> None:
    for ascii_only in (True, False):
        assert strict_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "bad_json"),
        (b"{}{}", "bad_json"),
        (b"{'a': 1}", "bad_json"),
        (b"\xef\xbb\xbf{}", "bad_json"),
        (b'{"a": NaN}', "bad_json"),
        (b'{"a": -Infinity}', "bad_json"),
        (b'{"a": 1e999}', "number_too_large"),
        (b'{"a": 9223372036854775808}', "number_too_large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a": 1, "a": 2}', "duplicate_name"),
        (b'{"a": "\xff"}', "bad_encoding"),
        ("{}".encode("utf-16"), "bad_encoding"),
        (b'{"a": "\\u0000"}', "bad_text"),
        (b'{"a": "\\ud800"}', "bad_text"),
        (b'{"\\udfff": 1}', "bad_text"),
        (b"[" * 50 + b"]" * 50, "too_deep"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    ],
)
def test_what_could_be_misread_or_not_be_stored_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        strict_json(raw)

    assert refused.value.errors[0].code == code


def test_many_brackets_that_are_not_deep_are_fine() -> None:
    raw = b"[" + b",".join([b'{"a": []}'] * 100) + b"]"

    assert len(strict_json(raw)) == 100
    assert strict_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert strict_json(b'"\\ud83d\\ude00"') == "😀"


def test_text_that_cannot_be_stored_is_pointed_at(client: FlaskClient, clinic: Headers) -> None:
    raw = b'{"name": {"en": "a"}, "parts": [{"co~de/": "\\u0000"}]}'

    response = post_raw(client, clinic, raw)

    assert response.status_code == 400
    assert response.get_json()["errors"][0]["pointer"] == "/parts/0/co~0de~1"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/xml", "application/json; charset=utf-16", "application/csv"],
)
def test_a_body_must_say_that_it_is_json(
    client: FlaskClient, clinic: Headers, content_type: str
) -> None:
    response = post_raw(client, clinic, b'{"name": {"en": "a"}}', content_type=content_type)

    assert response.status_code == 415
    assert response.get_json()["type"] == "urn:ihala:problem:unsupported-media-type"


def test_a_compressed_body_is_refused(client: FlaskClient, clinic: Headers) -> None:
    headers = {**clinic, "Content-Encoding": "gzip"}

    assert post_raw(client, headers, b"\x1f\x8b").status_code == 415


def test_a_merge_patch_says_so_or_is_plain_json(client: FlaskClient, clinic: Headers) -> None:
    for content_type in ("application/merge-patch+json", "application/json; charset=UTF-8"):
        response = client.patch(
            f"/v1/things/{KNOWN_ID}",
            data=b"{}",
            content_type=content_type,
            headers={**clinic, "If-Match": '"7"'},
        )

        assert response.status_code == 200


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"null", b"7"])
def test_a_body_must_be_an_object(client: FlaskClient, clinic: Headers, raw: bytes) -> None:
    response = post_raw(client, clinic, raw)

    assert response.status_code == 422
    assert response.get_json()["errors"][0]["pointer"] == ""


def test_an_empty_body_is_told_what_is_missing(client: FlaskClient, clinic: Headers) -> None:
    response = client.post("/v1/things", headers=clinic)

    assert response.status_code == 422
    assert response.get_json()["errors"][0]["pointer"] == "/name"


def test_a_body_that_is_too_large_is_refused(things_app: MakeThings, clinic: Headers) -> None:
    client = things_app(IHALA_MAX_BODY_BYTES="1000").test_client()

    response = client.post("/v1/things", json={"note": "x" * 2000}, headers=clinic)

    assert response.status_code == 413
    assert response.get_json()["type"] == "urn:ihala:problem:too-large"


def test_an_upload_has_its_own_limit_and_types(things_app: MakeThings, machine: Headers) -> None:
    client = things_app(IHALA_MAX_BODY_BYTES="1000").test_client()

    def send(content: bytes, content_type: str) -> int:
        response = client.post(
            "/v1/things/import", data=content, content_type=content_type, headers=machine
        )
        return response.status_code

    assert send(b"row\n" * 1000, "text/csv; charset=utf-8") == 202
    assert send(b"row\n" * 1_000_000, "text/csv") == 413
    assert send(b"{}", "application/json") == 415
    assert send(b"", "text/csv") == 400


def test_a_body_that_nobody_reads_is_refused(client: FlaskClient, operator: Headers) -> None:
    path = "/v1/things/thg_000000000001/break"

    assert client.post(path, json={"reason": "old"}, headers=operator).status_code == 400
    assert client.post(path, json={}, headers=operator).status_code == 409


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=blue", "not_allowed"),
        ("limit=0", "out_of_range"),
        ("limit=201", "out_of_range"),
        ("limit=1e2", "wrong_type"),
        ("limit=%D9%A1", "wrong_type"),
        ("limit=" + "9" * 5000, "wrong_type"),
        ("amount=true", "wrong_type"),
        ("big=1", "wrong_type"),
        ("near=91,0", "out_of_range"),
        ("near=nan,0", "wrong_format"),
        ("kinds=a,b,c,d", "wrong_length"),
        ("kinds=A", "wrong_format"),
        ("limit=1&limit=2", "given_twice"),
        ("color=red", "unknown"),
        ("cursor=%00", "bad_text"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: FlaskClient, clinic: Headers, query: str, code: str
) -> None:
    response = client.get(f"/v1/things?{query}", headers=clinic)

    assert response.status_code == 422
    error = response.get_json()["errors"][0]
    assert error["code"] == code
    assert error["parameter"].split(".")[0] == query.split("=", maxsplit=1)[0]


def test_parameters_are_read_from_text(client: FlaskClient, clinic: Headers) -> None:
    query = "colour=red&limit=200&near=36.2,-36.1&kinds=a,b&amount=5&big=true"

    assert client.get(f"/v1/things?{query}", headers=clinic).status_code == 200


def test_parameters_of_an_endpoint_without_any_are_refused(
    client: FlaskClient, clinic: Headers
) -> None:
    response = client.get(f"/v1/things/{KNOWN_ID}?verbose=1", headers=clinic)

    assert response.status_code == 422
    assert response.get_json()["errors"][0]["parameter"] == "verbose"


def test_a_query_that_is_too_long_is_refused(client: FlaskClient, clinic: Headers) -> None:
    response = client.get("/v1/things?cursor=" + "x" * 9000, headers=clinic)

    assert response.status_code == 414


@pytest.mark.parametrize(
    "path",
    [
        "thg_%00",
        "thg_1",
        "ref_000000000000",
        "THG_000000000000",
        "thg_000000000000%0a",
        "%ed%a0%80",
        "..%2f..%2fetc",
        "9" * 400,
        "thg_" + "0" * 5000,
        "$where",
    ],
)
def test_what_cannot_be_an_id_is_not_found(client: FlaskClient, clinic: Headers, path: str) -> None:
    response = client.get(f"/v1/things/{path}", headers=clinic)

    assert response.status_code == 404
    assert response.get_json()["type"] == "urn:ihala:problem:not-found"


def post_raw(  # type: ignore[no-untyped-def]
    client: FlaskClient, headers: Headers, raw: bytes, content_type: str = "application/json"
):
    return client.post("/v1/things", data=raw, content_type=content_type, headers=headers)
