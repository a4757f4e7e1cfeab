"""What a schema found wrong, turned into field errors: a place, a stable code and a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import marshmallow as ma

from ihala.errors import FieldError, Invalid
from ihala.http.refusals import PlacedError

MAX_ERRORS = 100


class Complaint(str):
    """A validation message that carries its stable code."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, text: str) -> Self:
        """A message with the sentence ``text`` for people and ``code`` for programs."""
        complaint = super().__new__(cls, text)
        complaint.code = code
        return complaint


def complain(code: str, text: str) -> ma.ValidationError:
    """The ValidationError that a field or a schema's rule raises, with a code of its own."""
    return ma.ValidationError([Complaint(code, text)])


_FRAMEWORK_CODES = (
    ("Missing data for required field", "required"),
    ("Unknown field", "unknown"),
    ("Field may not be null", "null"),
    ("Invalid input type", "wrong_type"),
    ("Not a valid", "wrong_type"),
    ("Must be one of", "not_allowed"),
    ("Shorter than", "too_short"),
    ("Longer than", "too_long"),
    ("Length must be", "wrong_length"),
    ("Must be", "out_of_range"),
)


def code_of(message: str) -> str:
    """The stable code of a message: its own, or the one of marshmallow's wording."""
    if isinstance(message, Complaint):
        return message.code
    return next((code for start, code in _FRAMEWORK_CODES if message.startswith(start)), "invalid")


def refuse(messages: Any) -> Invalid:
    """The error for messages of the form ``{location: {field: [message, …]}}``."""
    errors: list[FieldError] = []
    for location, tree in messages.items():
        place = "pointer" if location == "json" else "parameter"
        errors += [_placed(place, path, text) for path, text in _leaves(tree, ())]
    count = len(errors)
    detail = "One thing is wrong with the request." if count == 1 else f"{count} things are wrong."
    return Invalid(f"{detail} See errors.", errors=errors[:MAX_ERRORS])


def _placed(place: str, path: tuple[str, ...], text: str) -> FieldError:
    if place == "pointer":
        return FieldError(json_pointer(path), text, code_of(text))
    return PlacedError(".".join(path), text, code_of(text), place)


def json_pointer(path: tuple[str, ...]) -> str:
    """The JSON pointer (RFC 6901) of a path of names and indexes."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, dict):
        for name, branch in tree.items():
            # What concerns an object as a whole is filed under "_schema": it points at the object.
            here = path if name == "_schema" else (*path, str(name)[:64])
            yield from _leaves(branch, here)
    elif isinstance(tree, list):
        for message in tree:
            yield from _leaves(message, path)
    else:
        yield path, tree if isinstance(tree, str) else str(tree)
