"""The straight road through a schema, for bodies with nothing wrong in them.

marshmallow visits every declared field, given or not, and prepares for errors at each of them: that
is most of what it costs. Here only what was given is visited, by the same fields and the same
checks, and the first thing that is not as it should be sends the whole body down marshmallow's own
road, which knows how to say what is wrong. A test sends bodies down both and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import marshmallow as ma
from marshmallow.decorators import VALIDATES_SCHEMA

Take = Callable[[Any], Any]
"""From what was given to what it means; raises ValidationError."""


class Straight(ma.Schema):
    """A schema whose ``load`` tries the straight road first, with the same outcome."""

    def load(self, data: Any, **options: Any) -> Any:
        """See ``marshmallow.Schema.load``."""
        if self.road is not None and not (options or self.many):
            try:
                return self.road(data)
            except ma.ValidationError:
                pass
        return super().load(data, **options)

    @cached_property
    def road(self) -> Take | None:
        """Takes one object; None where hooks or options change what loading means."""
        hooked = {name for name, hooks in self._hooks.items() if hooks}
        if self.partial or self.unknown != ma.RAISE or not hooked <= {VALIDATES_SCHEMA}:
            return None
        rules = [getattr(self, name) for name, *_ in self._hooks[VALIDATES_SCHEMA]]
        return _Road(self.load_fields, rules).take


class _Road:
    def __init__(self, fields: Mapping[str, ma.fields.Field[Any]], rules: Sequence[Any]) -> None:
        names = {name: field.data_key or name for name, field in fields.items()}
        self._steps = {names[name]: (name, taker(field)) for name, field in fields.items()}
        self._required = {names[name] for name, field in fields.items() if field.required}
        self._defaults = [
            (name, field.load_default)
            for name, field in fields.items()
            if field.load_default is not ma.missing
        ]
        self._rules = rules

    def take(self, given: Any) -> dict[str, Any]:
        if type(given) is not dict or not self._required <= given.keys():
            raise _amiss()
        taken: dict[str, Any] = {}
        for key, value in given.items():
            step = self._steps.get(key)
            if step is None:
                raise _amiss()
            taken[step[0]] = step[1](value)
        for name, default in self._defaults:
            if name not in taken:
                taken[name] = default() if callable(default) else default
        for rule in self._rules:
            rule(taken)
        return taken


def taker(field: ma.fields.Field[Any]) -> Take:
    """What ``field.deserialize`` does for a value that was given, without its preparations."""
    if field.pre_load or field.post_load or field.attribute:
        return field.deserialize
    convert, checks, nullable = _converter(field), field.validators, field.allow_none

    def take(value: Any) -> Any:
        if value is None:
            if nullable:
                return None
            raise _amiss()
        taken = convert(value, None, None)
        for check in checks:
            check(taken)
        return taken

    return take


def _converter(field: ma.fields.Field[Any]) -> Callable[[Any, None, None], Any]:
    """As fields convert: from a value, its name and what it lies in."""
    road = _road_into(field)
    if road is None:
        return field._deserialize  # noqa: SLF001
    if not getattr(field, "many", False):
        return lambda value, _name, _data: road(value)
    return lambda values, _name, _data: _each(road, values)


def _road_into(field: ma.fields.Field[Any]) -> Take | None:
    if not isinstance(field, ma.fields.Nested) or field.unknown is not None:
        return None
    return field.schema.road if isinstance(field.schema, Straight) else None


def _each(road: Take, values: Any) -> list[Any]:
    if type(values) is not list:
        raise _amiss()
    return [road(value) for value in values]


def _amiss() -> ma.ValidationError:
    """marshmallow's own road will say what."""
    return ma.ValidationError([])
