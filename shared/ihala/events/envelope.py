"""The envelope: CloudEvents 1.0 on Kafka, binary mode out, binary and structured mode in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ihala.clock import rfc3339
from ihala.events.contracts import CONTRACTS
from ihala.events.event import Event

STRUCTURED = "application/cloudevents+json"
_JSON = b"application/json"
MAX_EVENT_BYTES = 900_000
"""Under the broker's default of 1 MB a message, headers included."""

Headers = list[tuple[str, bytes]]


class Unreadable(Exception):
    """The record is not a CloudEvent that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """What goes into, or came out of, a topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def to_record(event: Event) -> Record:
    """The event in binary mode; a tombstone has no value, so that compaction forgets the key."""
    headers = [(name, text.encode()) for name, text in _attributes(event)]
    if event.data is None:
        return Record(event.key.encode(), None, headers)
    headers.append(("content-type", _JSON))
    return Record(
        event.key.encode(),
        orjson.dumps(event.data, option=orjson.OPT_PASSTHROUGH_DATETIME),
        headers,
    )


def _attributes(event: Event) -> Iterable[tuple[str, str]]:
    yield "ce_specversion", "1.0"
    yield "ce_id", event.id
    yield "ce_source", event.source
    yield "ce_type", event.type
    yield "ce_subject", event.subject
    yield "ce_time", rfc3339(event.time)
    yield "ce_dataschema", f"urn:ihala:contract:{event.type}:{event.version}"
    yield "ce_partitionkey", event.key
    if event.seq is not None:
        yield "ce_subjectseq", str(event.seq)
    if event.traceparent:
        yield "ce_traceparent", event.traceparent
    if event.correlation_id:
        yield "ce_correlationid", event.correlation_id
    if event.causation_id:
        yield "ce_causationid", event.causation_id


def from_record(record: Record) -> Event:
    """The event that a record holds, in either mode; raises Unreadable with the reason.

    Others may send a header without a value, which comes as None: it is read as empty.
    """
    try:
        headers = {name.lower(): (value or b"").decode() for name, value in record.headers}
        key = record.key.decode() if record.key is not None else ""
    except UnicodeDecodeError as error:
        raise Unreadable("the key or a header is not UTF-8") from error
    if headers.get("content-type", "").partition(";")[0].strip().lower() == STRUCTURED:
        return _structured(record, key)
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    data = None if record.value is None else _json_object(record.value)
    return _event(attributes, data, key)


def _structured(record: Record, key: str) -> Event:
    if record.value is None:
        raise Unreadable("a structured event has no value")
    attributes = _json_object(record.value)
    data = attributes.pop("data", None)
    if data is not None and not isinstance(data, dict):
        raise Unreadable("data is not a JSON object")
    return _event(attributes, data, key)


def _json_object(value: bytes) -> dict[str, Any]:
    if len(value) > MAX_EVENT_BYTES:
        raise Unreadable(f"the value is larger than {MAX_EVENT_BYTES} bytes")
    try:
        parsed = json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the value is not JSON") from error
    if not isinstance(parsed, dict):
        raise Unreadable("the value is not a JSON object")
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _event(attributes: Mapping[str, Any], data: dict[str, Any] | None, key: str) -> Event:
    if attributes.get("specversion") != "1.0":
        raise Unreadable("ce_specversion is not 1.0")
    return Event(
        id=_text(attributes, "id"),
        type=_text(attributes, "type"),
        source=_text(attributes, "source"),
        subject=_text(attributes, "subject", default=key),
        time=_moment(attributes),
        data=data,
        key=key or _text(attributes, "partitionkey", default=""),
        seq=_seq(attributes),
        version=_version(attributes),
        correlation_id=_text(attributes, "correlationid", default=""),
        causation_id=_text(attributes, "causationid", default="") or None,
        traceparent=_text(attributes, "traceparent", default="") or None,
    )


def _text(attributes: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = attributes.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value or len(value) > 500:
        raise Unreadable(f"ce_{name} is missing or is not a short string")
    return value


def _moment(attributes: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(attributes, "time"))
    except ValueError as error:
        raise Unreadable("ce_time is not an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise Unreadable("ce_time has no time zone")
    return moment


def _seq(attributes: Mapping[str, Any]) -> int | None:
    value = attributes.get("subjectseq")
    if value is None:
        return None
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Unreadable("ce_subjectseq is not a whole number")
    return int(text)


def _version(attributes: Mapping[str, Any]) -> int:
    """The contract's version that ``dataschema`` names; 1 when it names none of ours."""
    _, _, number = str(attributes.get("dataschema", "")).rpartition(":")
    known = number.isdigit() and (str(attributes.get("type")), int(number[:6])) in CONTRACTS
    return int(number) if known else 1
