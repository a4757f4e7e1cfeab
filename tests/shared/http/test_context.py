"""Correlation and traces in and out, and a log line that names nobody."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from tests.shared.http.things import KNOWN_ID, Shelf

Headers = dict[str, str]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_caller_s_correlation_id_comes_back(client: FlaskClient) -> None:
    response = client.get("/v1/things/count", headers={"X-Correlation-Id": "visit:17.a-b_c"})

    assert response.headers["X-Correlation-Id"] == "visit:17.a-b_c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "-a", 'a"b', "a\x7f"])
def test_a_correlation_id_that_could_do_harm_is_replaced(client: FlaskClient, given: str) -> None:
    response = client.get("/v1/things/count", headers={"X-Correlation-Id": given})

    assert response.headers["X-Correlation-Id"] != given
    assert len(response.headers["X-Correlation-Id"]) == 32


def test_a_trace_goes_on_with_a_span_of_our_own(
    client: FlaskClient, shelf: Shelf, clinic: Headers
) -> None:
    headers = {**clinic, "traceparent": TRACE}

    response = client.post("/v1/things", json={"name": {"en": "a"}}, headers=headers)

    assert shelf.callers[0].traceparent == response.headers["traceparent"]
    version, trace, span, flags = response.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span != "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "given",
    ["", "junk", TRACE.upper(), "00-" + "0" * 32 + TRACE[35:], TRACE.replace("00f0", "ZZZZ")],
)
def test_a_trace_that_is_not_one_starts_anew(client: FlaskClient, given: str) -> None:
    response = client.get("/v1/things/count", headers={"traceparent": given})

    parts = response.headers["traceparent"].split("-")
    assert [len(part) for part in parts] == [2, 32, 16, 2]
    assert parts[1] != given[3:35]


def test_the_log_line_has_the_route_and_names_nobody(client: FlaskClient, clinic: Headers) -> None:
    with capture_logs() as logs:
        client.get(f"/v1/things/{KNOWN_ID}?phone=%2B963944123456", headers=clinic)

    (line,) = (line for line in logs if line["event"] == "request")
    assert line["method"] == "GET"
    assert line["route"] == "/v1/things/{thing_id}"
    assert line["status"] == 422
    assert line["ms"] >= 0
    assert line["correlation_id"]
    for private in ("nurse-1", KNOWN_ID, "963944123456"):
        assert private not in str(line)


def test_a_caller_is_the_same_in_all_its_lines(
    client: FlaskClient, clinic: Headers, operator: Headers
) -> None:
    with capture_logs() as logs:
        for headers in (clinic, clinic, operator):
            client.get("/v1/things", headers=headers)

    first, second, other = (line["caller"] for line in logs if line["event"] == "request")
    assert first == second
    assert first != other
