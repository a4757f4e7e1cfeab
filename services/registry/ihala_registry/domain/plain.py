"""Frozen dataclasses to plain values (dicts, lists, strings) and back, by their type hints.

One codec for what is stored and what is shown, so that a field is declared once. What is absent
(``None``, an empty tuple) is left out of the plain form.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ihala.clock import rfc3339

T = TypeVar("T")
_Convert = Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


def to_plain(value: Any, moment: _Convert = _as_it_is) -> Any:
    """The value in dicts, lists, strings and numbers; datetimes as ``moment`` writes them."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (tuple, list)):
        return [to_plain(item, moment) for item in value]
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item, moment) for key, item in value.items()}
    kind: Any = type(value)
    return {
        name: to_plain(item, moment)
        for name in _names(kind)
        if (item := getattr(value, name)) is not None and item != ()
    }


def to_wire(value: Any) -> Any:
    """The same in JSON's own types, as events carry it: times as RFC 3339 in UTC."""
    return to_plain(value, rfc3339)


def from_plain(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The dataclass that ``plain`` describes; names that it does not know are ignored.

    Raises ValueError for a word that is no member of an enum, TypeError for a missing field.
    """
    known: Any = kind
    given = {
        name: convert(plain[name])
        for name, convert in _converters(known).items()
        if plain.get(name) is not None
    }
    return kind(**given)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _converters(kind: Any) -> dict[str, _Convert]:
    hints = get_type_hints(kind)
    return {name: _converter(hints[name]) for name in _names(kind)}


def _converter(hint: Any) -> _Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _converter(inner)
    if origin is tuple:
        convert = _converter(arguments[0])
        return lambda items: tuple(convert(item) for item in items)
    if origin is not None and issubclass(origin, Mapping):
        key, item = (_converter(argument) for argument in arguments)
        return lambda given: {key(name): item(value) for name, value in given.items()}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        kind: type[Any] = hint
        return lambda given: from_plain(kind, given)
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else _as_it_is
