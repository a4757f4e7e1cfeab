"""The span of a request: its place in the trace is what events carry, and it names nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from tests.shared.http.conftest import MakeThings
from tests.shared.http.things import KNOWN_ID, Shelf
from tests.shared.otlp import Receiver, exporting

from ihala import tracing
from ihala.testing.ports import free_port
from ihala.testing.waiting import wait_for

Headers = dict[str, str]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{CALLER}-01"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        tracing.start("things", "web", listening.endpoint)
        yield listening
        tracing.stop()


@pytest.fixture
def traced(receiver: Receiver, things_app: MakeThings) -> FlaskClient:
    """A client of an app that is traced."""
    return things_app().test_client()


def test_a_request_is_a_span_below_its_caller_s(
    traced: FlaskClient, receiver: Receiver, shelf: Shelf, clinic: Headers
) -> None:
    headers = {**clinic, "traceparent": SAMPLED}

    answer = traced.post("/v1/things", json={"name": {"en": "Salma"}}, headers=headers)
    tracing.stop()

    (span,) = receiver.spans
    assert (span.name, span.kind, span.trace, span.parent) == (
        "POST /v1/things",
        "SERVER",
        TRACE,
        CALLER,
    )
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/things",
        "http.response.status_code": 201,
    }
    assert span.process["service.name"] == "ihala-things"
    assert span.process["ihala.process"] == "web"
    assert span.process["service.instance.id"]
    assert answer.headers["traceparent"] == f"00-{TRACE}-{span.id}-01"
    assert shelf.callers[0].traceparent == answer.headers["traceparent"]


def test_without_a_caller_s_trace_a_request_begins_one(
    traced: FlaskClient, receiver: Receiver, clinic: Headers
) -> None:
    headers = {**clinic, "traceparent": "not one"}

    answer = traced.get("/v1/things/count", headers=headers)
    tracing.stop()

    (span,) = receiver.spans
    assert span.parent == ""
    assert answer.headers["traceparent"].split("-")[1:3] == [span.trace, span.id]


def test_what_the_caller_does_not_trace_is_not_traced(
    traced: FlaskClient, receiver: Receiver, clinic: Headers
) -> None:
    """The trace goes on nevertheless, for those who come after."""
    answer = traced.get("/v1/things", headers={**clinic, "traceparent": SAMPLED[:-1] + "0"})
    tracing.stop()

    assert receiver.spans == []
    assert answer.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert answer.headers["traceparent"].endswith("-00")


def test_no_span_holds_what_a_caller_sent(
    traced: FlaskClient, receiver: Receiver, clinic: Headers
) -> None:
    """Neither ids in the path, nor the query, nor headers, nor the body."""
    said = {**clinic, "X-Correlation-Id": "salma-17", "User-Agent": "salma's phone"}

    traced.get(f"/v1/things/{KNOWN_ID}?phone=%2B963944123456", headers=said)
    traced.patch(f"/v1/things/{KNOWN_ID}", json={"note": "Dialysed."}, headers=said)
    traced.get("/v1/salma/963944123456", headers=said)
    traced.open("/v1/things", method="SALMA", headers=said)
    tracing.stop()

    assert {span.name for span in receiver.spans} >= {
        "GET /v1/things/{thing_id}",
        "PATCH /v1/things/{thing_id}",
        "GET unknown",
        "other unknown",
    }
    everything = b"".join(receiver.bodies)
    token = clinic["Authorization"].removeprefix("Bearer ")
    for private in ("963944123456", KNOWN_ID, "salma", "SALMA", "phone", "Dialysed", token):
        assert private.encode() not in everything


def test_only_our_failures_are_failures(
    traced: FlaskClient, receiver: Receiver, operator: Headers
) -> None:
    for id_ in ("thg_000000000001", "thg_000000000002", KNOWN_ID):
        traced.post(f"/v1/things/{id_}/break", headers=operator)
    tracing.stop()

    failed = {span.attributes["http.response.status_code"]: span.failed for span in receiver.spans}
    assert failed == {409: False, 503: True, 500: True}
    assert b"Fatima" not in b"".join(receiver.bodies)


def test_a_collector_that_is_down_changes_no_answer(
    things_app: MakeThings, clinic: Headers
) -> None:
    tracing.start("things", "web", f"http://127.0.0.1:{free_port()}")
    client = things_app().test_client()

    answers = [client.get("/v1/things", headers=clinic) for _ in range(20)]
    tracing.stop()

    assert {answer.status_code for answer in answers} == {200}
    wait_for(lambda: not exporting(), deadline_s=60, what="the exporter to end")


def test_probes_are_not_traced(traced: FlaskClient, receiver: Receiver) -> None:
    traced.get("/healthz")
    traced.get("/readyz")
    tracing.stop()

    assert receiver.spans == []
