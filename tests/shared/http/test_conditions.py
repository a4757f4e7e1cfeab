"""ETag, If-Match, If-None-Match and Idempotency-Key."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from tests.shared.http.things import KNOWN_ID, Shelf

Headers = dict[str, str]
PATH = f"/v1/things/{KNOWN_ID}"


def change(client: FlaskClient, headers: Headers, tag: str | None) -> tuple[int, str | None]:
    own = {} if tag is None else {"If-Match": tag}
    response = client.patch(PATH, json={}, headers={**headers, **own})
    return response.status_code, response.headers.get("ETag")


def test_a_version_travels_as_a_strong_entity_tag(client: FlaskClient, clinic: Headers) -> None:
    assert client.get(PATH, headers=clinic).headers["ETag"] == '"7"'
    assert change(client, clinic, '"7"') == (200, '"7"')


@pytest.mark.parametrize("tag", [None, "", "*", " "])
def test_a_change_must_say_what_it_was_made_from(
    client: FlaskClient, clinic: Headers, tag: str | None
) -> None:
    assert change(client, clinic, tag)[0] == 428


@pytest.mark.parametrize("tag", ['W/"7"', '"abc"', '""', '"-1"', f'"{"9" * 40}"', '"07x"'])
def test_a_tag_that_can_never_match_is_stale(
    client: FlaskClient, clinic: Headers, tag: str
) -> None:
    assert change(client, clinic, tag)[0] == 412


@pytest.mark.parametrize("tag", ["7", '"7', '"7", "8"', 'w/"7"', '"a"b"', '"é"', "x" * 500])
def test_what_is_no_tag_is_refused(client: FlaskClient, clinic: Headers, tag: str) -> None:
    assert change(client, clinic, tag)[0] == 400


def test_an_action_may_leave_the_version_out(client: FlaskClient, operator: Headers) -> None:
    path = "/v1/things/thg_000000000001/break"

    assert client.post(path, headers=operator).status_code == 409
    assert client.post(path, headers={**operator, "If-Match": "x"}).status_code == 400


@pytest.mark.parametrize("tag", ['"7"', 'W/"7"', '"1", "7"', "*"])
def test_a_reader_who_has_the_current_version_gets_304(
    client: FlaskClient, clinic: Headers, tag: str
) -> None:
    response = client.get(PATH, headers={**clinic, "If-None-Match": tag})

    assert response.status_code == 304
    assert response.data == b""
    assert response.headers["ETag"] == '"7"'


@pytest.mark.parametrize("tag", ['"8"', "7", "", "junk", '"' * 3000])
def test_a_reader_with_another_version_gets_this_one(
    client: FlaskClient, clinic: Headers, tag: str
) -> None:
    assert client.get(PATH, headers={**clinic, "If-None-Match": tag}).status_code == 200


def post(client: FlaskClient, headers: Headers, key: str | None, name: str = "a") -> int:
    own = {} if key is None else {"Idempotency-Key": key}
    response = client.post("/v1/things", json={"name": {"en": name}}, headers={**headers, **own})
    return response.status_code


def test_an_idempotency_key_belongs_to_its_caller_and_request(
    client: FlaskClient, shelf: Shelf, clinic: Headers
) -> None:
    for name in ("a", "a", "b"):
        assert post(client, clinic, "k-1", name) == 201

    first, again, other = (caller.idempotency for caller in shelf.callers)
    assert first is not None
    assert other is not None
    assert first.value == "nurse-1:k-1"
    assert first == again
    assert first.value == other.value
    assert first.fingerprint != other.fingerprint


def test_without_a_key_there_is_none(client: FlaskClient, shelf: Shelf, clinic: Headers) -> None:
    assert post(client, clinic, None) == 201
    assert shelf.callers[0].idempotency is None


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "clé", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(
    client: FlaskClient, shelf: Shelf, clinic: Headers, key: str
) -> None:
    assert post(client, clinic, key) == 400
    assert shelf.callers == []


def test_a_replayed_answer_says_so(client: FlaskClient, clinic: Headers) -> None:
    headers = {**clinic, "Idempotency-Key": "again"}

    response = client.post("/v1/things", json={"name": {"en": "a"}}, headers=headers)

    assert response.headers["Idempotency-Replayed"] == "true"
    assert response.headers["Location"] == f"/v1/things/{KNOWN_ID}"
