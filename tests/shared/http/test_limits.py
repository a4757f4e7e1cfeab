"""Rate limits: each caller has its own; guessing tokens counts against the address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import KNOWN_ID

from ihala.http.limits import RateLimit
from ihala.http.refusals import TooManyRequests
from ihala.testing.tokens import Issuer

Headers = dict[str, str]
PATH = f"/v1/things/{KNOWN_ID}"


def statuses(client: FlaskClient, headers: Headers, times: int) -> list[int]:
    return [client.get(PATH, headers=headers).status_code for _ in range(times)]


def test_a_caller_who_asks_too_often_is_told_when_to_come_back(
    things_app: MakeThings, clinic: Headers
) -> None:
    client = things_app(IHALA_RATE_PER_MINUTE="3").test_client()

    assert statuses(client, clinic, 3) == [200] * 3
    refused = client.get(PATH, headers=clinic)

    assert refused.status_code == 429
    assert refused.get_json()["type"] == "urn:ihala:problem:too-many-requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers.getlist("RateLimit-Policy") == ['"caller";q=3;w=60']
    assert len(refused.headers.getlist("RateLimit")) == 1


def test_every_answer_says_what_is_left(things_app: MakeThings, clinic: Headers) -> None:
    client = things_app(IHALA_RATE_PER_MINUTE="60").test_client()

    left = [client.get(PATH, headers=clinic).headers["RateLimit"] for _ in range(2)]

    assert left[0].startswith('"caller";r=59;t=')
    assert left[1].startswith('"caller";r=58;t=')


def test_one_caller_does_not_use_up_another_s_allowance(
    things_app: MakeThings, clinic: Headers, operator: Headers
) -> None:
    client = things_app(IHALA_RATE_PER_MINUTE="2").test_client()

    assert statuses(client, clinic, 3) == [200, 200, 429]
    assert statuses(client, operator, 1) == [200]


def test_guessing_tokens_counts_against_the_address(
    things_app: MakeThings, clinic: Headers
) -> None:
    client = things_app(IHALA_ADDRESS_RATE_PER_MINUTE="5").test_client()
    assert statuses(client, clinic, 1) == [200]

    guesses = [statuses(client, {"Authorization": f"Bearer guess-{n}"}, 1)[0] for n in range(6)]

    assert guesses == [401, 401, 401, 401, 429, 429]
    assert statuses(client, clinic, 5) == [200] * 5


def test_a_forwarded_address_counts_only_behind_a_proxy_that_we_trust(
    things_app: MakeThings,
) -> None:
    def asked_from_many_addresses(**settings: str) -> list[int]:
        client = things_app(IHALA_ADDRESS_RATE_PER_MINUTE="2", **settings).test_client()
        return [
            client.get("/v1/things/count", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
            for n in range(4)
        ]

    assert asked_from_many_addresses() == [200, 200, 429, 429]
    assert asked_from_many_addresses(IHALA_TRUSTED_PROXIES="1") == [200] * 4


def test_one_ipv6_network_is_one_address(things_app: MakeThings) -> None:
    client = things_app(IHALA_ADDRESS_RATE_PER_MINUTE="2").test_client()

    def ask(address: str) -> int:
        environ = {"REMOTE_ADDR": address}
        return client.get("/v1/things/count", environ_overrides=environ).status_code

    assert [ask(f"2001:db8::{n}") for n in range(1, 5)] == [200, 200, 429, 429]
    assert ask("2001:db8:1::1") == 200


def test_health_is_never_limited(things_app: MakeThings) -> None:
    client = things_app(IHALA_ADDRESS_RATE_PER_MINUTE="1").test_client()

    assert {client.get("/healthz").status_code for _ in range(20)} == {200}


def test_no_limit_means_no_headers(client: FlaskClient, clinic: Headers) -> None:
    assert "RateLimit" not in client.get(PATH, headers=clinic).headers


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 20))
def test_over_any_time_no_more_passes_than_the_rate_allows(
    pauses: list[float], per_minute: int
) -> None:
    now = [0.0]
    limit = RateLimit("test", per_minute, monotonic=lambda: now[0])
    passed = 0
    for pause in pauses:
        now[0] += pause
        try:
            limit.spend("k")
            passed += 1
        except TooManyRequests:
            continue

    assert passed <= per_minute + now[0] * per_minute / 60 + 1e-6


def test_waiting_as_long_as_told_is_enough() -> None:
    now = [0.0]
    limit = RateLimit("test", 7, monotonic=lambda: now[0])
    for _ in range(7):
        limit.spend("k")

    with pytest.raises(TooManyRequests) as refused:
        limit.spend("k")
    now[0] += int(refused.value.headers["Retry-After"])

    limit.spend("k")


def test_memory_is_bounded() -> None:
    limit = RateLimit("test", 10, max_keys=100)

    for n in range(1000):
        limit.spend(str(n))

    assert len(limit._buckets) == 100


def test_a_token_is_counted_by_its_subject_not_by_its_text(
    things_app: MakeThings, issuer: Issuer
) -> None:
    client = things_app(IHALA_RATE_PER_MINUTE="2").test_client()

    headers = [issuer.header("nurse-1", roles=["clinic"], lifetime_s=n) for n in (60, 61, 62)]

    assert [statuses(client, header, 1)[0] for header in headers] == [200, 200, 429]
