"""Values as words: dates, counts, codes and names in the reader's language, safe to mix."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta

from ihala_notifications.domain.desk import DEFAULT_TIME_ZONE, LANGUAGES

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT = frozenset({"ar"})
LONGEST_VALUE = 2000

_PATH = re.compile(r"/[A-Za-z0-9_~.-][A-Za-z0-9_~./?=&-]{0,200}")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Kind(StrEnum):
    """What a template's value is, and so how it is written."""

    TEXT = "text"
    CODE = "code"
    LINK = "link"
    MOMENT = "moment"
    DATE = "date"
    DAYS = "days"
    FACILITY = "facility"
    SERVICE = "service"
    PRIORITY = "priority"
    REASON = "reason"


LISTS: Mapping[Kind, str] = {
    Kind.SERVICE: "services",
    Kind.PRIORITY: "priorities",
    Kind.REASON: "reasons",
}
"""Kinds whose values are codes of a list that has names in every language."""

CodeNames = Mapping[str, Mapping[str, Mapping[str, str]]]
"""list → code → language → name."""


@dataclass(frozen=True)
class Reader:
    """For whom words are chosen: language, country and time zone of the desk that reads them."""

    language: str
    country: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    app_url: str = ""
    codes: CodeNames = field(default_factory=dict)
    facility_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def locale(self) -> Locale:
        """The language as its country writes it: months have other names in Syria and Morocco."""
        return _locale(self.language, self.country)

    @property
    def zone(self) -> tzinfo:
        """The time zone; the default one where the desk's is not known to this system."""
        return _zone(self.time_zone)


@lru_cache(maxsize=256)
def _locale(language: str, country: str | None) -> Locale:
    try:
        return Locale.parse(f"{language}_{country}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT_TIME_ZONE)


def say(kind: Kind, value: Any, reader: Reader) -> str:
    """The value in the reader's words, isolated from the text around it where directions could mix.

    Raises ValueError when the value is not of the kind.
    """
    text = _plain(_SAY[kind](value, reader))
    if not text:
        raise ValueError("is empty")
    return text if kind is Kind.LINK else isolated(text, reader.language)


def isolated(text: str, language: str) -> str:
    """The text within bidi isolates (Unicode UAX #9) where it could disturb what stands around it.

    In Arabic that is whatever holds Latin letters or digits; elsewhere what holds Arabic letters.
    """
    if text.isascii() and language not in RIGHT_TO_LEFT:
        return text
    classes = {unicodedata.bidirectional(character) for character in text}
    foreign = {"L", "EN", "AN"} if language in RIGHT_TO_LEFT else {"R", "AL", "AN"}
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if classes & foreign else text


def _plain(text: str) -> str:
    """Without control characters and without directions of its own: nothing can break out."""
    if len(text) > LONGEST_VALUE:
        raise ValueError(f"is longer than {LONGEST_VALUE} characters")
    if text.isascii() and text.isprintable():
        return text.strip()
    spaced = (" " if character in "\r\n\t\u2028\u2029" else character for character in text)
    return "".join(
        character
        for character in spaced
        if character not in _BIDI_CONTROLS and unicodedata.category(character) != "Cc"
    ).strip()


def _text(value: Any, _: Reader) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - one kind of error for all that is wrong
    return value


def _link(value: Any, reader: Reader) -> str:
    path = _text(value, reader)
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path of this service")
    return f"{reader.app_url}{path}"


def _moment(value: Any, reader: Reader) -> str:
    moment = datetime.fromisoformat(_text(value, reader))
    if moment.tzinfo is None:
        raise ValueError("must have a time zone")
    try:
        local = moment.astimezone(reader.zone)
    except OverflowError as error:
        raise ValueError("is no time of our days") from error
    return f"{_long_date(local.date(), reader)} {_clock(local, reader)}"


def _clock(local: datetime, reader: Reader) -> str:
    return format_datetime(local, "HH:mm", locale=reader.locale)


def _date(value: Any, reader: Reader) -> str:
    return _long_date(date.fromisoformat(_text(value, reader)), reader)


def _long_date(day: date, reader: Reader) -> str:
    return format_date(day, "full", locale=reader.locale)


def _days(value: Any, reader: Reader) -> str:
    """A number of days with the language's own plural; Arabic has six."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10_000:
        raise ValueError("must be a number of days")
    days = timedelta(days=value)
    return format_timedelta(days, "day", threshold=1e9, format="long", locale=reader.locale)


def _facility(value: Any, reader: Reader) -> str:
    return _in(reader.facility_names.get(_text(value, reader), {}), reader.language, value)


def _of_list(name: str) -> Callable[[Any, Reader], str]:
    def say_code(value: Any, reader: Reader) -> str:
        code = _text(value, reader)
        names = reader.codes.get(name, {}).get(code, {})
        return _in(names, reader.language, code.replace("_", " "))

    return say_code


def _in(names: Mapping[str, str], language: str, otherwise: str) -> str:
    """The name in the language, else in another one that there is, else what stands for it."""
    for candidate in (language, *LANGUAGES):
        if names.get(candidate):
            return names[candidate]
    return otherwise


_SAY: Mapping[Kind, Callable[[Any, Reader], str]] = {
    Kind.TEXT: _text,
    Kind.CODE: _text,
    Kind.LINK: _link,
    Kind.MOMENT: _moment,
    Kind.DATE: _date,
    Kind.DAYS: _days,
    Kind.FACILITY: _facility,
    **{kind: _of_list(name) for kind, name in LISTS.items()},
}
