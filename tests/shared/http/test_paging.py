"""Lists: every item once, whatever the page size, by cursors that nobody can read or bend."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared.http.conftest import MakeThings

from ihala.errors import BadRequest
from ihala.http.paging import CursorSeal
from ihala.testing.tokens import Issuer

Headers = dict[str, str]
SEAL = CursorSeal("0123456789abcdef0123456789abcdef")


def first_cursor(client: FlaskClient, headers: Headers, query: str = "") -> str:
    cursor: str = client.get(f"/v1/things?limit=2&{query}", headers=headers).get_json()["next"]
    return cursor


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_following_the_links_shows_every_item_once(
    client: FlaskClient, clinic: Headers, limit: int
) -> None:
    names: list[str] = []
    url: str | None = f"/v1/things?limit={limit}&colour=red"
    while url:
        response = client.get(url, headers=clinic)
        names += [item["name"]["en"] for item in response.get_json()["items"]]
        link = response.headers.get("Link")
        assert (link is None) == (response.get_json()["next"] is None)
        url = link.split(">")[0].removeprefix("<http://localhost") if link else None

    assert names == [f"thing {n}" for n in range(7)]


def test_a_cursor_fits_only_its_own_query_and_caller(
    client: FlaskClient, clinic: Headers, operator: Headers
) -> None:
    cursor = first_cursor(client, clinic, "colour=red")

    def ask(query: str, headers: Headers) -> int:
        return client.get(f"/v1/things?{query}&cursor={cursor}", headers=headers).status_code

    assert ask("colour=red", clinic) == 200
    assert ask("limit=5&colour=red", clinic) == 200
    assert ask("colour=green", clinic) == 400
    assert ask("", clinic) == 400
    assert ask("colour=red", operator) == 400


def test_a_cursor_of_another_key_is_refused(things_app: MakeThings, clinic: Headers) -> None:
    cursor = first_cursor(things_app().test_client(), clinic)
    other = things_app(IHALA_CURSOR_KEY="another secret of 32 characters…").test_client()

    response = other.get(f"/v1/things?cursor={cursor}", headers=clinic)

    assert response.status_code == 400
    assert response.get_json()["errors"][0]["parameter"] == "cursor"


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii")) | st.text())
def test_an_invented_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest):
        SEAL.open(cursor, b"query")


@settings(deadline=None)
@given(st.lists(st.integers() | st.text() | st.none()), st.data())
def test_a_cursor_opens_to_what_was_sealed_and_not_after_a_change(
    position: list[object], data: st.DataObject
) -> None:
    cursor = SEAL.seal(position, b"query")
    place = data.draw(st.integers(0, len(cursor.rstrip("=")) - 2))
    changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]

    assert SEAL.open(cursor, b"query") == position
    with pytest.raises(BadRequest):
        SEAL.open(changed, b"query")
    with pytest.raises(BadRequest):
        SEAL.open(cursor, b"other")


def test_a_cursor_does_not_show_where_it_points() -> None:
    assert "secret-distance" not in SEAL.seal("secret-distance", b"query")
    assert SEAL.seal(1, b"query") != SEAL.seal(1, b"query")


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "http://localhost/v1/things"),
        (
            {"IHALA_PUBLIC_URL": "https://api.example/registry/"},
            "https://api.example/registry/v1/things",
        ),
        ({"IHALA_TRUSTED_PROXIES": "1"}, "https://api.test/registry/v1/things"),
    ],
)
def test_links_name_the_public_address_and_trust_proxies_only_when_told(
    things_app: MakeThings, clinic: Headers, settings: dict[str, str], base: str
) -> None:
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "api.test",
        "X-Forwarded-Prefix": "/registry",
    }

    response = (
        things_app(**settings)
        .test_client()
        .get("/v1/things?limit=1", headers={**clinic, **forwarded})
    )

    link = urlsplit(response.headers["Link"].split(">")[0].removeprefix("<"))
    assert f"{link.scheme}://{link.netloc}{link.path}" == base


def test_every_caller_may_page_through_the_same_list(
    client: FlaskClient, issuer: Issuer, clinic: Headers
) -> None:
    renewed = issuer.header("nurse-1", roles=["clinic"], lifetime_s=60)
    cursor = first_cursor(client, clinic)

    response = client.get(f"/v1/things?cursor={cursor}", headers=renewed)

    assert response.status_code == 200
