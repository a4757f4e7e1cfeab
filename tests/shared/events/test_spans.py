"""The spans of events: sent, polled, applied and tried again, and nothing of what is protected."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.shared.events.conftest import SOMEBODY, TOPIC, Seen, World, happened, running
from tests.shared.otlp import Receiver, Told

from ihala import tracing
from ihala.caller import Caller
from ihala.events.consumer import Consumer
from ihala.events.event import Happened
from ihala.events.outlet import Outgoing, Outlet
from ihala.events.parking import ParkingDesk
from ihala.events.relay import Relay
from ihala.events.spans import EventSpans
from ihala.mongo import Document
from ihala.testing.waiting import wait_for

PROTECTED = "referrals.protected"
NOTICE = Happened("notice.due", {"facility_id": "fac_00example0dialysis0centre"})
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Everything of this process is traced, and told soon."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with Receiver() as listening:
        tracing.start("things", "worker", listening.endpoint)
        yield listening
        tracing.stop()


@pytest.fixture
def trace() -> str:
    """The trace that this test's events belong to; the topics hold those of other tests too."""
    return secrets.token_hex(16)


def of(trace: str, flags: str = "01") -> Caller:
    """Somebody whose request has this trace."""
    return replace(SOMEBODY, traceparent=f"00-{trace}-{PARENT}-{flags}")


def test_an_event_is_sent_polled_and_applied_in_its_trace(
    world: World, receiver: Receiver, trace: str
) -> None:
    """Sending and applying are below the request that the history names; the poll is linked."""
    world.history.create(f"thing-{world.tag}", {}, [happened(), happened("sent")], of(trace))
    consumer = world.consumer(Seen([]), group=f"group-{world.tag}")

    with running(world.relay(), consumer):
        found = wait_for(lambda: told(receiver, trace, 5), deadline_s=60, what="the spans")

    kafka = {"messaging.system": "kafka"}
    group = {**kafka, "messaging.consumer.group.name": f"group-{world.tag}"}
    for type_ in ("referral.created", "referral.sent"):
        names = {"messaging.destination.name": TOPIC, "cloudevents.event_type": type_}
        assert ("send", {**kafka, **names, "messaging.operation.type": "send"}) in found
        assert ("apply", {**group, **names, "messaging.operation.type": "process"}) in found
    assert ("poll", {**group, "messaging.operation.type": "receive"}) in found
    for span in receiver.of(trace):
        assert span.kind == ("PRODUCER" if span.name == "send" else "CONSUMER")
        if span.name == "poll":
            assert span.trace != trace
        else:
            assert span.parent == PARENT
        assert not span.failed


def told(receiver: Receiver, trace: str, at_least: int) -> list[tuple[str, dict[str, str | int]]]:
    """What was told of a trace, once it is so much."""
    found = [(span.name, dict(span.attributes)) for span in receiver.of(trace)]
    return found if len(found) >= at_least else []


def test_events_of_one_request_are_one_span_where_they_are_alike(
    world: World, receiver: Receiver, trace: str
) -> None:
    """An import that changes a thousand facilities does not make thousands of spans."""
    for number in range(200):
        world.history.create(f"thing-{world.tag}-{number}", {}, [happened()], of(trace))
    relay, seen = world.relay(), Seen([])

    with running(world.consumer(seen), relay):
        wait_for(lambda: len(set(world.mine(seen))) == 200, deadline_s=60)
        wait_for(lambda: sends(receiver, trace), deadline_s=60, what="the spans")
    tracing.stop()

    assert len(sends(receiver, trace)) < 20


def sends(receiver: Receiver, trace: str) -> list[Any]:
    return [span for span in receiver.of(trace) if span.name == "send"]


def test_a_parked_event_is_a_failure_and_each_new_try_is_a_span(
    world: World, receiver: Receiver, trace: str
) -> None:
    healthy = threading.Event()
    seen = Seen([], lambda event: world.tag in event.id and not healthy.is_set())
    world.history.create(f"thing-{world.tag}", {}, [happened()], of(trace))

    def parked() -> list[Document]:
        return ParkingDesk(world.database).listed()

    with running(world.relay(), world.consumer(seen)):
        wait_for(parked, deadline_s=60)
        healthy.set()
        assert ParkingDesk(world.database).retry(parked()[0]["_id"], "operator", "mended")
        wait_for(lambda: not parked(), deadline_s=60)
    tracing.stop()

    tries = [(it.name, it.failed, it.parent) for it in receiver.of(trace)]
    assert ("apply", True, PARENT) in tries
    assert ("retry", False, PARENT) in tries
    assert b"cannot apply" not in b"".join(receiver.bodies)


def test_what_a_caller_did_not_want_traced_is_not(
    world: World, receiver: Receiver, trace: str
) -> None:
    world.history.create(f"thing-{world.tag}", {}, [happened()], of(trace, flags="00"))
    seen = Seen([])

    with running(world.relay(), world.consumer(seen)):
        wait_for(lambda: world.mine(seen), deadline_s=60)
    tracing.stop()

    assert [span for span in receiver.spans if span.trace == trace] == []


def test_headers_that_nobody_can_read_end_no_poll(receiver: Receiver) -> None:
    """Others may send what they like: such a record is a dead letter later, not the end."""
    junk: Any = [("ce_traceparent", b"\xff"), ("note", None)], [("ce_traceparent", b"x" * 500)], []
    records = [SimpleNamespace(headers=headers) for headers in junk]

    EventSpans({TOPIC}, "some-group").polled({"partition": records}, began_ns=time.time_ns())
    tracing.stop()

    (span,) = receiver.spans
    assert (span.name, span.links) == ("poll", frozenset())


def test_what_is_protected_looks_like_what_is_not(world: World, receiver: Receiver) -> None:
    """Same names, same attributes, and one span whatever the number of events."""
    medical, protected = secrets.token_hex(16), secrets.token_hex(16)
    world.history.create(f"med-{world.tag}", {}, [happened()], of(medical))
    world.history.create(f"pro-{world.tag}", {}, [NOTICE] * 3, of(protected))
    seen = Seen([])

    with running(relay_of_both(world), consumer_of_both(world, seen)):
        wait_for(lambda: len({it.id for it in seen.events if world.tag in it.id}) == 4)
    tracing.stop()

    names = [span.name for span in receiver.of(protected)]
    assert looks(receiver.of(medical)) == looks(receiver.of(protected))
    assert set(names) == {"send", "poll", "apply"}
    assert names.count("send") == 1
    assert names.count("apply") == names.count("poll")
    everything = b"".join(receiver.bodies)
    for telling in (TOPIC, PROTECTED, NOTICE.type, "referral.created", "protect", world.tag):
        assert telling.encode() not in everything


def looks(spans: Iterable[Told]) -> set[tuple[object, ...]]:
    """All that can be seen of them, but for their ids and times."""
    return {(it.name, it.kind, frozenset(it.attributes.items()), it.failed) for it in spans}


def relay_of_both(world: World) -> Relay:
    def outgoing(document: Document, entry: Document) -> Outgoing:
        topic = PROTECTED if entry["type"] == NOTICE.type else TOPIC
        return Outgoing(topic, document["_id"], entry["data"])

    outlet = Outlet(world.history, "ihala/test", frozenset({TOPIC, PROTECTED}), outgoing)
    return Relay([outlet], world.kafka, world.database)


def consumer_of_both(world: World, seen: Seen) -> Consumer:
    effects = {TOPIC: seen, PROTECTED: seen}
    return Consumer("notifications", "both", effects, world.kafka, world.database)
