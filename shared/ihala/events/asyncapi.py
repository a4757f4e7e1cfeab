"""The AsyncAPI 3 document and the events page, made from the topics and contracts alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ihala.events.contracts import Contract, contracts_of
from ihala.events.topics import TOPICS, Topic

_HEADERS = {
    "ce_id": "the event's id: the same id is the same event, however often it comes",
    "ce_source": "the system that speaks",
    "ce_type": "what happened",
    "ce_subject": "what it happened to",
    "ce_time": "when, RFC 3339",
    "ce_dataschema": "the contract and its version",
    "ce_partitionkey": "the record's key",
    "ce_subjectseq": "the event's place in its subject's history, from 1",
    "ce_correlationid": "the thread that it belongs to",
    "ce_causationid": "the event that caused it",
    "ce_traceparent": "W3C trace context",
}


def asyncapi() -> dict[str, Any]:
    """The whole document; valid by the AsyncAPI 3.0.0 schema, which a test checks."""
    spoken = [topic for topic in TOPICS.values() if contracts_of(topic.name)]
    contracts = [contract for topic in spoken for contract in contracts_of(topic.name)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ihala events",
            "version": "1",
            "description": "CloudEvents 1.0 on Kafka in binary mode; structured mode is accepted.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in spoken},
        "operations": {name: part for topic in spoken for name, part in _operations(topic)},
        "components": {
            "messages": {contract.type: _message(contract) for contract in contracts},
            "schemas": {"headers": _headers()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Written by {topic.writer}.",
        "messages": {
            contract.type: {"$ref": f"#/components/messages/{contract.type}"}
            for contract in contracts_of(topic.name)
        },
    }


def _operations(topic: Topic) -> Iterable[tuple[str, dict[str, Any]]]:
    """From where we stand: we receive what others write, and send the rest."""
    action = "receive" if topic.from_outside else "send"
    channel = {"$ref": f"#/channels/{topic.name}"}
    yield f"{action} {topic.name}", {"action": action, "channel": channel}


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.type,
        "summary": contract.doc,
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-07",
            "schema": contract.json_schema,
        },
        "examples": [{"name": contract.type, "payload": dict(contract.example)}],
    }


def _headers() -> dict[str, Any]:
    properties = {
        name: {"type": "string", "description": meaning} for name, meaning in _HEADERS.items()
    }
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
        "properties": {"ce_specversion": {"const": "1.0"}, **properties},
    }


def events_page() -> str:
    """The same for people: every topic and event, with an example that can be published."""
    lines = [
        "# Events",
        "",
        "Made from the contracts by `make docs`; do not edit. How to publish and read them:",
        "[Publishing and reading events](publishing.md).",
        "",
        "| header | meaning |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in _HEADERS.items()),
        "",
    ]
    for topic in TOPICS.values():
        lines += _topic_section(topic)
    return "\n".join(lines).rstrip() + "\n"


def _topic_section(topic: Topic) -> Iterable[str]:
    readers = "everyone" if topic.readers == ("all",) else ", ".join(topic.readers)
    writer = "other services" if topic.from_outside else topic.writer
    settings = ", ".join(f"`{name}={value}`" for name, value in topic.settings)
    yield from (f"## `{topic.name}`", "")
    yield from (f"Written by {writer}, read by {readers}. Key: {topic.key}. {settings}.", "")
    shown: set[str] = set()
    for contract in contracts_of(topic.name):
        yield from (f"### `{contract.type}`", "", contract.doc, "", "```json")
        yield json.dumps(contract.example, ensure_ascii=False, indent=2)
        yield from ("```", "", *_fields(contract.json_schema, shown), "")


def _fields(schema: dict[str, Any], shown: set[str], prefix: str = "") -> Iterable[str]:
    """A row per field, nested ones under their path; what was ``shown`` is not unfolded again."""
    if not prefix:
        yield from ("| field | type | required |", "|---|---|---|")
    for name, field in schema["properties"].items():
        path = f"{prefix}{name}"
        required = "yes" if name in schema.get("required", ()) else ""
        inner = field.get("items", field)
        again = ", as above" if path in shown and "properties" in inner else ""
        yield f"| `{path}` | {_type(field)}{again} | {required} |"
        if "properties" in inner and path not in shown:
            shown.add(path)
            yield from _fields(inner, shown, path + ("[]." if inner is not field else "."))


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(f"`{word}`" for word in field["enum"] if word is not None)
    types = field.get("type", "any")
    words = [types] if isinstance(types, str) else [word for word in types if word != "null"]
    return f"{' or '.join(words)}{', ' + field['format'] if 'format' in field else ''}"
