"""Fields for values with a meaning: times, places, texts in several languages, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import Any

import marshmallow as ma
from webargs.fields import DelimitedList

from ihala.clock import whole_ms
from ihala.http.complaints import complain
from ihala.http.fields.plain import Number, Text, Typed, with_metadata
from ihala.http.straight import Straight, Take, taker
from ihala.phones import NotANumber, e164

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LAT_LON = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,10})?),(-?[0-9]{1,3}(?:\.[0-9]{1,10})?)")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@({_LABEL}\.)+[A-Za-z]{{2,63}}$"


class UtcDateTime(Typed, ma.fields.DateTime):
    """A moment (RFC 3339, with its offset), loaded as an aware datetime in UTC, in milliseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise complain(
                "wrong_format", "Must be a time with offset, such as 2026-03-01T09:30:00Z."
            )
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise complain("wrong_format", "There is no such time.") from None
        if not 1900 <= moment.year <= 2200:
            raise complain("out_of_range", "Must be between the years 1900 and 2200.")
        return whole_ms(moment)


class Day(Typed, ma.fields.Date):
    """A calendar day such as ``2026-03-01``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise complain("wrong_format", "Must be a day, such as 2026-03-01.")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise complain("wrong_format", "There is no such day.") from None


class _PointSchema(Straight):
    lat = Number(minimum=-90, maximum=90, required=True, metadata={"example": 36.2})
    lon = Number(minimum=-180, maximum=180, required=True, metadata={"example": 36.16})


class Point(ma.fields.Nested):
    """A place on the ground, ``{lat, lon}`` in degrees (WGS 84)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_PointSchema, **options)


class LatLon(Text):
    """A place in a query, ``lat,lon`` in degrees, loaded as ``(lat, lon)``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **with_metadata(options, {"example": "36.2,36.16"}))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        parts = _LAT_LON.fullmatch(super()._deserialize(value, attr, data, **kwargs))
        if parts is None:
            raise complain("wrong_format", "Must be lat,lon in degrees, such as 36.2,36.16.")
        lat, lon = float(parts[1]), float(parts[2])
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise complain("out_of_range", "Must be a latitude up to 90 and a longitude up to 180.")
        return lat, lon


class _AtLeastOneLanguage(Straight):
    @ma.validates_schema
    def _one_language(self, value: dict[str, str], **_: Any) -> None:
        if not value:
            raise complain("required", "Give the text in at least one of ar, fr, en.")


@lru_cache(maxsize=64)
def _localised(max_length: int, *, multiline: bool) -> type[ma.Schema]:
    """One schema class for each length, so that the API's description names it once."""
    texts = {
        language: Text(max_length=max_length, multiline=multiline)
        for language in ("ar", "fr", "en")
    }
    name = f"Localised{'Paragraphs' if multiline else 'Text'}{max_length}"
    return type(name, (_AtLeastOneLanguage,), texts)


class LocalisedText(ma.fields.Nested):
    """A text in Arabic, French or English, or several: ``{ar, fr, en}``, at least one of them."""

    def __init__(self, *, max_length: int = 200, multiline: bool = False, **options: Any) -> None:
        super().__init__(_localised(max_length, multiline=multiline), **options)


class Phone(Text):
    """A telephone number with its country code, loaded in E.164 (``+963944123456``)."""

    def __init__(self, **options: Any) -> None:
        example = {"example": "+963944123456"}
        super().__init__(max_length=40, **with_metadata(options, example))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return e164(text)
        except NotANumber as error:
            raise complain("wrong_format", str(error)) from None


class Email(Text):
    """An e-mail address as the network carries it (ASCII, no display name)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, pattern=_EMAIL, **options)

    def _expected(self) -> str:
        return "Must be an e-mail address."


class ListOf(ma.fields.List[Any]):
    """A bounded array, optionally of different things only."""

    def __init__(
        self,
        inner: ma.fields.Field[Any] | type[ma.fields.Field[Any]],
        *,
        max_items: int = 100,
        min_items: int = 0,
        unique: bool = False,
        **options: Any,
    ) -> None:
        bounds = {"maxItems": max_items, "minItems": min_items, "uniqueItems": unique}
        super().__init__(inner, **with_metadata(options, bounds))
        self.max_items, self.min_items, self.unique = max_items, min_items, unique

    @cached_property
    def _take(self) -> Take:
        return taker(self.inner)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise complain("wrong_type", "Must be an array.")
        if not self.min_items <= len(value) <= self.max_items:
            raise complain("wrong_length", f"Must have {self.min_items} to {self.max_items} items.")
        try:
            items = [self._take(item) for item in value]
        except ma.ValidationError:
            items = super()._deserialize(value, attr, data, **kwargs)
        if self.unique and _repeats(items):
            raise complain("duplicate", "Must not name the same thing twice.")
        return items


class Several(DelimitedList):
    """Values in one query parameter with commas between, at most ``max_items``."""

    def __init__(self, inner: Any, *, max_items: int = 20, **options: Any) -> None:
        super().__init__(inner, **with_metadata(options, {"maxItems": max_items}))
        self.max_items = max_items

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, str) and value.count(",") >= self.max_items:
            raise complain("wrong_length", f"Must name at most {self.max_items} things.")
        items: list[Any] = super()._deserialize(  # type: ignore[no-untyped-call]
            value, attr, data, **kwargs
        )
        return items


def _repeats(items: Iterable[Any]) -> bool:
    seen: list[Any] = []
    for item in items:
        if item in seen:
            return True
        seen.append(item)
    return False
