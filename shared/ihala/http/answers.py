"""Answering: plain dicts to compact UTF-8 JSON, straight through a fast encoder.

Views return what they mean to send; response schemas only document it. Dumping through marshmallow
costs more than everything else at the edge together, and tests check answers against their schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from ihala.clock import rfc3339
from ihala.http.etags import etag, matches_if_none_match
from ihala.http.response import Response

JSON = "application/json"


def _plain(value: object) -> Any:
    """What JSON has no word for; enums of strings need none."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode: Callable[[object], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode


def to_json(data: object) -> bytes:
    """Compact JSON, UTF-8 unescaped; times as RFC 3339 in UTC, sets as sorted arrays."""
    try:
        return orjson.dumps(data, _plain, orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:
        # Half a surrogate pair, a whole number beyond 64 bits, names that are numbers.
        return _encode(data).encode("utf-8", "replace")


def answer(
    data: object = None,
    status: int = 200,
    *,
    version: int | None = None,
    location: str | None = None,
    replayed: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response that carries ``data`` as JSON (None: no content).

    With a ``version`` it carries the ETag, and a GET whose If-None-Match names it gets 304 instead.
    ``replayed`` says that an Idempotency-Key was recognised and nothing was done again.
    """
    extra = dict(headers or {})
    if version is not None:
        extra["ETag"] = etag(version)
        if matches_if_none_match(version):
            return Response(status=304, headers=extra)
    if location is not None:
        extra["Location"] = location
    if replayed:
        extra["Idempotency-Replayed"] = "true"
    if data is None:
        return Response(status=204 if status == 200 else status, headers=extra)
    return Response(to_json(data), status, extra, content_type=JSON)
