"""JSON merge patches (RFC 7396): applied to what is kept, then read as strictly as a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import marshmallow as ma

from ihala.http.complaints import refuse
from ihala_registry.domain.plain import from_plain, to_plain

T = TypeVar("T")


def merged(target: Any, patch: Any) -> Any:
    """What ``target`` becomes: objects are merged, null removes a member, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def editing(kind: type[T], schema: type[ma.Schema], patch: Mapping[str, Any]) -> Callable[[T], T]:
    """The edit that the patch asks for; it raises Invalid, with pointers, for a wrong result."""

    def edit(before: T) -> T:
        try:
            loaded = schema().load(merged(to_plain(before), patch))
        except ma.ValidationError as error:
            raise refuse({"json": error.messages}) from error
        return from_plain(kind, loaded)

    return edit
