"""A referral on the embedded stack, from the request to the mail: one trace, naming nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from tests.monitoring.conftest import NAME, NOTE, PHONE, SAFE_ADDRESS, WORDS, Followed, follow
from tests.shared.otlp import Receiver, Told

from ihala.events.topics import TOPICS, is_counted
from ihala.testing.waiting import wait_for
from ihala_local.environments import SERVICES
from ihala_local.runner import running

pytestmark = pytest.mark.xdist_group("embedded-stack")

CALLER = "1" * 16
GROUPS = {"notifications.referrals", "notifications.known"}
_ID = re.compile(rb"\b[a-z]{3}_[0-9a-z]{26}\b")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture(scope="module")
def followed(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """A referral that was sent, mailed, accepted and completed, and a stack stopped in order."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        with running(tmp_path_factory.mktemp("traced"), lambda _: None) as stack:
            done = follow(stack)
            wait_for(lambda: is_told(receiver.of(done.trace_id)), deadline_s=60, what="the trace")
    return done


def is_told(trace: list[Told]) -> bool:
    """Whether all have polled and sent; who has not when the stack stops, never will."""
    return {"deliver", "send"} <= {it.name for it in trace} and polling(trace) >= GROUPS


def polling(trace: list[Told]) -> set[str]:
    polls = (span for span in trace if span.name == "poll")
    return {str(span.attributes["messaging.consumer.group.name"]) for span in polls}


@pytest.fixture(scope="module")
def trace(followed: Followed, receiver: Receiver) -> list[Told]:
    """All that was told of the referral's trace, and what is linked to it."""
    return receiver.of(followed.trace_id)


def test_requests_are_below_their_caller_and_all_else_below_a_request(
    followed: Followed, trace: list[Told]
) -> None:
    requests = {span.id: span for span in trace if span.kind == "SERVER"}
    below = [span for span in trace if span.id not in requests and span.name != "poll"]

    (posted,) = [span for span in requests.values() if span.name == "POST /v1/referrals"]
    assert {span.name.rpartition("/")[2] for span in requests.values()} >= {"accept", "complete"}
    assert {span.parent for span in requests.values()} == {CALLER}
    assert {span.parent for span in below} <= requests.keys()
    assert {span.trace for span in (*requests.values(), *below)} == {followed.trace_id}
    assert {
        (span.process["service.name"], span.process["ihala.process"], span.name)
        for span in below
        if span.parent == posted.id
    } >= {
        ("ihala-referrals", "worker", "send"),
        ("ihala-notifications", "worker", "apply"),
        ("ihala-notifications", "worker", "deliver"),
        ("ihala-notifications", "worker", "send"),
    }


def test_polls_are_linked_to_the_trace(followed: Followed, trace: list[Told]) -> None:
    """They bring records of many traces, so each is a trace of its own."""
    polls = [span for span in trace if span.name == "poll"]

    assert polling(trace) >= GROUPS
    for span in polls:
        assert followed.trace_id in span.links
        assert span.trace != followed.trace_id


def test_every_process_says_which_it_is(followed: Followed, receiver: Receiver) -> None:
    processes = {
        (it["service.name"], it["ihala.process"], it["service.instance.id"])
        for it in (span.process for span in receiver.spans)
    }

    names = {(f"ihala-{name}", kind) for name in SERVICES for kind in ("web", "worker")}
    assert {(service, process) for service, process, _ in processes} == names
    assert len(processes) == len(names)


def test_spans_name_nobody_and_nothing_that_is_protected(
    followed: Followed, receiver: Receiver
) -> None:
    """All bytes that left: no person, no address, no id, and no topic that tells."""
    everything = b"".join(receiver.bodies)
    addresses = {to for mail in followed.stack.smtp.mails() for to in mail.recipients}
    places = followed.described["facilities"].values()
    ids = (followed.referral_id, followed.notification["id"], followed.correlation_id, *places)

    assert addresses
    assert _ID.search(everything) is None
    for private in (NAME, PHONE, SAFE_ADDRESS, WORDS, NOTE, "protect", *addresses, *ids):
        assert private.encode() not in everything
        assert json.dumps(private)[1:-1].encode() not in everything
    for topic in TOPICS:
        assert is_counted(topic) or topic.encode() not in everything


def test_attributes_are_those_that_are_documented(followed: Followed, receiver: Receiver) -> None:
    """Nobody adds one without thinking of what it tells."""
    assert {name for span in receiver.spans for name in span.attributes} == {
        "cloudevents.event_type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.consumer.group.name",
        "messaging.destination.name",
        "messaging.operation.type",
        "messaging.system",
    }
