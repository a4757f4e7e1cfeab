"""A contract: what one event type's data may be, checked fast from both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

SchemaClass = type[Schema]


class InvalidEvent(Exception):
    """The event breaks its contract; the message says where and how."""


@dataclass(frozen=True)
class Contract:
    """What events of one type and version carry on one topic.

    ``example`` is real enough to be published as it stands, and is tested to be valid.
    """

    type: str
    topic: str
    doc: str
    schema: SchemaClass
    example: Mapping[str, Any]
    version: int = 1

    @property
    def id(self) -> str:
        """What ``ce_dataschema`` says."""
        return f"urn:ihala:contract:{self.type}:{self.version}"

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) that a consumer checks by: unknown fields are let through."""
        return _json_schema(self.schema)

    @cached_property
    def _lenient(self) -> Any:
        return jsonschema_rs.validator_for(self.json_schema, validate_formats=True)

    @cached_property
    def _strict(self) -> Any:
        return jsonschema_rs.validator_for(_closed(self.json_schema), validate_formats=True)

    def check_received(self, data: Any) -> None:
        """Raise InvalidEvent unless a consumer can rely on this data."""
        _check(self._lenient, data)

    def check_sent(self, data: Any) -> None:
        """Raise InvalidEvent unless this data holds exactly what the contract declares."""
        _check(self._strict, data)


def _check(validator: Any, data: Any) -> None:
    """The fast question first: most events are valid. No value is repeated in the message."""
    if validator.is_valid(data):
        return
    error = next(validator.iter_errors(data))
    where = "/" + "/".join(str(part) for part in error.instance_path)
    raise InvalidEvent(f"{where}: breaks the rule {'/'.join(map(str, error.schema_path))}")


def _json_schema(schema: type[Schema]) -> dict[str, Any]:
    """marshmallow's schema as JSON Schema, nested ones written in place, open to unknown fields."""
    spec = APISpec("contracts", "1", "3.1.0", plugins=[MarshmallowPlugin()])
    converter = OpenAPIConverter("3.1.0", lambda _: None, spec)
    drafted: dict[str, Any] = converter.schema2jsonschema(schema())  # type: ignore[no-untyped-call]
    return _with_objects(drafted, closed=False)  # type: ignore[no-any-return]


def _closed(schema: dict[str, Any]) -> Any:
    return _with_objects(schema, closed=True)


def _with_objects(schema: Any, *, closed: bool) -> Any:
    """The same JSON Schema with every object that names its properties closed, or open."""
    if isinstance(schema, list):
        return [_with_objects(part, closed=closed) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _with_objects(part, closed=closed) for name, part in schema.items()}
    if "properties" in changed:
        changed.pop("additionalProperties", None)
        if closed:
            changed["additionalProperties"] = False
    return changed
