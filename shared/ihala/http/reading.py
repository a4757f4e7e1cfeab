"""Reading bodies and queries strictly: the ambiguous, unbounded or unstorable is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import flask
import marshmallow as ma

from ihala.errors import BadRequest, FieldError
from ihala.http.complaints import Complaint, json_pointer, refuse
from ihala.http.refusals import UnsupportedMediaType
from ihala.http.request import EdgeRequest

MAX_DEPTH = 32
_INT64 = 1 << 63
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPICIOUS_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def strict_json(raw: bytes) -> Any:
    """The JSON value of a body, or BadRequest with a pointer where one can be given.

    Refused: other encodings than UTF-8, NaN and infinities, integers beyond 64 bits, a name given
    twice in one object, nesting deeper than ``MAX_DEPTH``, text with NUL or half a surrogate pair.
    """
    try:
        value = _decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(
            "bad_encoding", f"The body is not UTF-8 (at byte {error.start})."
        ) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _unreadable("bad_json", f"The body is not JSON: {error.msg} ({where}).") from None
    except RecursionError:
        raise _unreadable("too_deep", f"Nesting goes deeper than {MAX_DEPTH} levels.") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or _SUSPICIOUS_ESCAPE.search(raw):
        _inspect(value)
    return value


def _unreadable(code: str, detail: str, pointer: str = "") -> BadRequest:
    return BadRequest(detail, errors=[FieldError(pointer, detail, code)])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _unreadable(
            "duplicate_name", f"The name {twice[:64]!r} is given twice in one object."
        )
    return fields


def _bounded_int(text: str) -> int:
    number = int(text) if len(text) <= 20 else _INT64
    if not -_INT64 <= number < _INT64:
        raise _unreadable("number_too_large", "A whole number is beyond 64 bits.")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _unreadable("number_too_large", "A number is too large.")
    return number


def _no_constant(name: str) -> NoReturn:
    raise _unreadable("bad_json", f"{name} is not a JSON number.")


_decode = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_bounded_int,
    parse_float=_finite,
    parse_constant=_no_constant,
).decode


def _inspect(value: Any) -> None:
    """The slow look, for bodies with many brackets or suspicious escapes."""
    for pointer, depth, text in _walk(value):
        if depth > MAX_DEPTH:
            raise _unreadable("too_deep", f"Nesting goes deeper than {MAX_DEPTH} levels.")
        if _UNSTORABLE.search(text):
            raise _unreadable("bad_text", "Text holds NUL or half a surrogate pair.", pointer)


def _walk(value: Any) -> Iterator[tuple[str, int, str]]:
    """Every name and text with its JSON pointer and depth, without recursion."""
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        pointer, depth, item = waiting.pop()
        if isinstance(item, str):
            yield pointer, depth, item
            continue
        yield pointer, depth, ""
        if isinstance(item, dict):
            yield from ((pointer, depth, name) for name in item)
            waiting += [
                (pointer + json_pointer((name,)), depth + 1, child) for name, child in item.items()
            ]
        elif isinstance(item, list):
            waiting += [
                (f"{pointer}/{index}", depth + 1, child) for index, child in enumerate(item)
            ]


def read_body(request: EdgeRequest, schema: ma.Schema) -> Any:
    """What the JSON body means by the schema; none at all counts as ``{}``."""
    raw = request.whole_body()
    if raw:
        require_json(request)
    return _loaded("json", schema, strict_json(raw) if raw else {})


def read_query(request: EdgeRequest, schema: ma.Schema) -> Any:
    """What the query parameters mean by the schema."""
    return _loaded("query", schema, _parameters(request, schema))


def _loaded(place: str, schema: ma.Schema, given: Any) -> Any:
    """Every refusal by a schema travels as ``Invalid`` with a place for each field."""
    try:
        return schema.load(given)
    except ma.ValidationError as error:
        raise refuse({place: error.messages}) from error


def _parameters(request: EdgeRequest, schema: ma.Schema) -> dict[str, Any]:
    """As a dict; a parameter that is given twice is refused unless its field is a list."""
    given: dict[str, Any] = {}
    twice: dict[str, list[str]] = {}
    for name, values in request.args.lists():
        field = schema.load_fields.get(name)
        if isinstance(field, ma.fields.List) and getattr(field, "is_multiple", True):
            given[name] = values
        elif len(values) > 1:
            twice[name] = [Complaint("given_twice", "Give this parameter once.")]
        else:
            given[name] = values[0]
    if twice:
        raise refuse({"query": twice})
    return given


def require_json(req: flask.Request) -> None:
    """Raise UnsupportedMediaType unless the body is said to be JSON, in UTF-8, uncompressed."""
    allowed = {"application/json"}
    if req.method == "PATCH":
        allowed.add("application/merge-patch+json")
    charset = req.mimetype_params.get("charset", "utf-8").lower()
    if req.mimetype not in allowed or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the body as Content-Type: application/json, in UTF-8.")
    if req.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
