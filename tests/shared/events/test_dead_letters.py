"""What cannot be read, or is not valid, goes to dead letters; nothing else stops."""

from __future__ import annotations

import dataclasses
import json
import secrets
from types import SimpleNamespace
from typing import Any

from tests.shared.events.conftest import Seen, World, running

from ihala.events.dead_letters import DeadLetters
from ihala.events.envelope import Record, from_record
from ihala.testing.waiting import wait_for

REPORTS = "referrals.requests"
VALID = {
    "service_code": "dialysis",
    "priority": "urgent",
    "from_facility_id": "fac_1",
    "shortlist": [],
    "consent": {"status": "given", "given_by": "individual", "at": "2026-03-01T09:00:00Z"},
}


def headers(id_: str, type_: str = "referral.requested", **more: str) -> list[tuple[str, bytes]]:
    fields = {
        "ce_specversion": "1.0",
        "ce_id": id_,
        "ce_source": "his",
        "ce_type": type_,
        "ce_time": "2026-03-01T09:00:00Z",
        **more,
    }
    return [(name, value.encode()) for name, value in fields.items()]


def dead_letters(world: World, keys: set[str]) -> dict[str, tuple[Any, str]]:
    """Value and reason of the dead letter of each key, once all are there."""
    group = f"dl-{secrets.token_hex(4)}"
    consumer = world.kafka.consumer(group)
    consumer.subscribe(["referrals.dead-letters"])
    found: dict[str, tuple[Any, str]] = {}

    def all_of_them() -> bool:
        for records in consumer.poll(timeout_ms=300).values():
            for record in records:
                reason = dict(record.headers)["dl_reason"].decode()
                found[record.key.decode()] = (record.value, reason)
        return keys <= set(found)

    try:
        wait_for(all_of_them, deadline_s=30, what="the dead letters")
    finally:
        consumer.close(autocommit=False)
    return found


_VALID = json.dumps(VALID).encode()
WRONG: list[tuple[bytes | None, list[tuple[str, bytes]], str]] = [
    (b"{not json", headers("a"), "not JSON"),
    (b"[1]", headers("a"), "not a JSON object"),
    (b'{"a": NaN}', headers("a"), "not JSON"),
    (b"\xff\xfe", headers("a"), "not JSON"),
    (b"[" * 100_000, headers("a"), "not JSON"),
    (_VALID, [], "ce_specversion"),
    (_VALID, headers("a")[:-1], "ce_time"),
    (_VALID, headers("a", ce_time="yesterday"), "ce_time"),
    (_VALID, headers("a", ce_time="2026-03-01T09:00:00"), "time zone"),
    (_VALID, headers("a", ce_subjectseq="-1"), "ce_subjectseq"),
    (_VALID, [*headers("a"), ("ce_source", b"\xff")], "UTF-8"),
    (_VALID, headers("a", type_="referral.wished"), "no contract"),
    (_VALID, headers("a", type_="capacity.reported"), "does not belong"),
    (json.dumps({**VALID, "priority": "now"}).encode(), headers("a"), "/priority"),
    (json.dumps({**VALID, "consent": {}}).encode(), headers("a"), "/consent"),
    (None, headers("a"), "/"),
]


def test_a_wrong_event_is_a_dead_letter_with_its_reason(world: World) -> None:
    """The bytes are kept as they came; the good event behind them is applied."""
    producer = world.kafka.producer()
    keys = [f"{number}-{world.tag}" for number in range(len(WRONG))]
    good = f"good-{world.tag}"
    for key, (value, their_headers, _) in zip(keys, WRONG, strict=True):
        producer.send(REPORTS, key=key.encode(), value=value, headers=their_headers)
    for key in keys:
        producer.send(REPORTS, key=key.encode(), value=_VALID, headers=headers(good))
    producer.flush(timeout=20)
    producer.close()
    seen = Seen([])

    with running(world.consumer(seen, REPORTS)):
        wait_for(lambda: len(world.mine(seen)) == len(WRONG), deadline_s=30)

    found = dead_letters(world, set(keys))
    for key, (value, _, reason) in zip(keys, WRONG, strict=True):
        assert found[key][0] == value
        assert reason in found[key][1]


def test_a_header_without_a_value_ends_no_consumer(world: World) -> None:
    """Kafka's own client sends such ones, kafka-python reads them as None."""
    empty: Any = [("note", None)]
    key = f"empty-{world.tag}"
    record = Record(key.encode(), b"{not json", empty)
    place = SimpleNamespace(topic=REPORTS, partition=0, offset=1, **dataclasses.asdict(record))

    good = from_record(Record(b"his", _VALID, [*headers("a"), *empty]))
    letters = DeadLetters("referrals", world.kafka)
    letters.send(place, "some-group", "not JSON")
    letters.close()

    assert good.id == "a"
    assert dead_letters(world, {key})[key] == (b"{not json", "not JSON")


def test_a_structured_event_is_read_too(world: World) -> None:
    """CloudEvents in structured mode are accepted from others."""
    good = f"good-{world.tag}"
    attributes = {
        "specversion": "1.0",
        "id": good,
        "source": "his",
        "type": "referral.requested",
        "time": "2026-03-01T12:00:00+03:00",
        "a_field_we_do_not_know": 1,
        "data": {**VALID, "something_new": True},
    }
    producer = world.kafka.producer()
    content_type = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    producer.send(
        REPORTS, key=b"his", value=json.dumps(attributes).encode(), headers=content_type
    ).get(timeout=10)
    producer.close()
    seen = Seen([])

    with running(world.consumer(seen, REPORTS)):
        wait_for(lambda: world.mine(seen), deadline_s=20)

    event = next(event for event in seen.events if event.id == good)
    assert event.time.isoformat() == "2026-03-01T12:00:00+03:00"
    assert event.data is not None
    assert event.data["priority"] == "urgent"
