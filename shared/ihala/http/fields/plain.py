"""Fields that take exactly what they say: no number from a text, no text with hidden characters.

In a ``Query`` the same fields read the text that a query string can carry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import Any

import marshmallow as ma

from ihala.http.complaints import complain
from ihala.ids import ID_PATTERN

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_CODE = r"^[a-z][a-z0-9_.-]{0,63}$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Joiners and direction marks that Arabic text needs; embeddings and overrides stay out."""


def visible(text: str, *, multiline: bool = False) -> bool:
    """Whether the text holds nothing that hides, reorders other text or cannot be stored."""
    if multiline:
        text = text.replace("\n", " ").replace("\t", " ")
    if text.isprintable():
        return True
    return not any(unicodedata.category(c) in _HIDDEN and c not in _JOINERS for c in text)


class Text(ma.fields.String):
    """Text of a bounded length, trimmed and in NFC, without control or bidi-override characters."""

    def __init__(
        self,
        *,
        max_length: int = 200,
        min_length: int = 1,
        multiline: bool = False,
        pattern: str | None = None,
        **options: Any,
    ) -> None:
        metadata = {"maxLength": max_length, "minLength": min_length}
        if pattern:
            metadata["pattern"] = pattern  # type: ignore[assignment]
        super().__init__(**with_metadata(options, metadata))
        self.max_length, self.min_length, self.multiline = max_length, min_length, multiline
        self.pattern = re.compile(pattern) if pattern else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise complain("wrong_type", "Must be text.")
        if len(value) > self.max_length * 2 + 100:
            raise complain("too_long", f"Must have at most {self.max_length} characters.")
        if self.multiline:
            value = value.replace("\r\n", "\n")
        if not visible(value, multiline=self.multiline):
            raise complain("bad_text", "Must not hold control or hidden formatting characters.")
        text = value.strip() if value.isascii() else unicodedata.normalize("NFC", value).strip()
        if len(text) > self.max_length:
            raise complain("too_long", f"Must have at most {self.max_length} characters.")
        if len(text) < self.min_length:
            raise complain("too_short", f"Must have at least {self.min_length} characters.")
        if self.pattern and not self.pattern.search(text):
            raise complain("wrong_format", self._expected())
        return text

    def _expected(self) -> str:
        return "Must have the documented form."


class Code(Text):
    """A code of a code list: lower case letters, digits, ``_``, ``.`` and ``-``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, pattern=_CODE, **options)


class Id(Text):
    """An id of ours; with a ``prefix``, of that kind of thing only."""

    def __init__(self, prefix: str | None = None, **options: Any) -> None:
        pattern = ID_PATTERN if prefix is None else ID_PATTERN.replace("[a-z]{2,4}", prefix, 1)
        super().__init__(max_length=64, pattern=pattern, **options)

    def _expected(self) -> str:
        return "Must be an id as the service gave it."


class Language(Text):
    """A language tag such as ``ar`` or ``en-GB``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=35, pattern=_LANGUAGE, **options)


class Typed:
    """A field that knows whether it sits in a ``Query``, where all values are text."""

    reads_text = False

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)  # type: ignore[misc]
        self.reads_text = getattr(self.root, "reads_text", False)  # type: ignore[attr-defined]


class Integer(Typed, ma.fields.Integer):
    """A whole number within bounds (64 bits at most); neither ``true`` nor ``"1"`` nor ``1.0``."""

    def __init__(
        self, *, minimum: int = -(1 << 53), maximum: int = 1 << 53, **options: Any
    ) -> None:
        bounds = {"minimum": minimum, "maximum": maximum}
        super().__init__(**with_metadata(options, bounds))
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if self.reads_text and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if type(value) is not int:
            raise complain("wrong_type", "Must be a whole number.")
        if not self.minimum <= value <= self.maximum:
            raise complain("out_of_range", f"Must be from {self.minimum} to {self.maximum}.")
        return value


class Number(Typed, ma.fields.Float):
    """A finite number within bounds."""

    def __init__(self, *, minimum: float = -1e15, maximum: float = 1e15, **options: Any) -> None:
        bounds = {"minimum": minimum, "maximum": maximum}
        super().__init__(**with_metadata(options, bounds))
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if self.reads_text and isinstance(value, str) and _DECIMAL.fullmatch(value):
            value = float(value)
        if type(value) not in (int, float):
            raise complain("wrong_type", "Must be a number.")
        if not self.minimum <= value <= self.maximum:
            raise complain("out_of_range", f"Must be from {self.minimum} to {self.maximum}.")
        return float(value)


class Flag(Typed, ma.fields.Boolean):
    """``true`` or ``false``, nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if self.reads_text and value in ("true", "false"):
            return bool(value == "true")
        if value is not True and value is not False:
            raise complain("wrong_type", "Must be true or false.")
        return bool(value)


class Choice(ma.fields.String):
    """One of a few words; given an Enum, the loaded value is its member."""

    def __init__(self, choices: type[Enum] | Iterable[str], **options: Any) -> None:
        members = list(choices)
        self.known = {m.value if isinstance(m, Enum) else m: m for m in members}
        super().__init__(**with_metadata(options, {"enum": list(self.known)}))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise complain("wrong_type", "Must be text.")
        if value not in self.known:
            raise complain("not_allowed", f"Must be one of: {', '.join(map(str, self.known))}.")
        return self.known[value]


def with_metadata(options: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """A field's options with what the API's description says of it; the caller's words win."""
    return {**options, "metadata": {**metadata, **options.get("metadata", {})}}
