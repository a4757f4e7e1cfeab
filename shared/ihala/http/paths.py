"""Ids in paths: what cannot be an id of ours is not found, before anybody looks for it."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import BaseConverter, Map

from ihala.ids import ID_PATTERN


class IdConverter(BaseConverter):
    """``<id:facility_id>``, or ``<id("fac"):facility_id>`` for ids of that kind only."""

    regex = ID_PATTERN.strip("^$")

    def __init__(
        self,
        map: Map,  # noqa: A002 - werkzeug's name
        prefix: str = "[a-z]{2,4}",
    ) -> None:
        super().__init__(map)
        self.regex = self.regex.replace("[a-z]{2,4}", prefix, 1)


class CodeConverter(BaseConverter):
    """``<code:service_code>``: a code of a code list, p-codes and template names included."""

    regex = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"


class OrdinalConverter(BaseConverter):
    """``<ordinal:number>``: the number of an offer or a version, from 1, as an int."""

    regex = r"[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        """The number itself."""
        return int(value)


CONVERTERS: dict[str, type[BaseConverter]] = {
    "id": IdConverter,
    "code": CodeConverter,
    "ordinal": OrdinalConverter,
}


def schema_of(converter: Any) -> dict[str, Any]:
    """How OpenAPI describes a path parameter of ours."""
    if isinstance(converter, OrdinalConverter):
        return {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    return {"type": "string", "pattern": f"^{converter.regex}$", "maxLength": 64}
