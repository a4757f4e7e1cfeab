"""Versions as entity tags: ``ETag: "7"`` out, ``If-Match`` and ``If-None-Match`` in."""

from __future__ import annotations

import re

from ihala.errors import BadRequest, Stale
from ihala.http.refusals import PlacedError, PreconditionRequired
from ihala.http.request import edge_request

_VERSION_TAG = re.compile(r'"([0-9]{1,18})"')
_SOME_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,128}"')


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def expected_version(*, required: bool = True) -> int | None:
    """The version that the caller changed from, as If-Match says it; None when it says none.

    ``*`` names no version, so it counts as nothing said. Raises PreconditionRequired (428) when a
    version is required and missing, Stale (412) for a tag that can never match (a weak one, or one
    that is not ours), BadRequest (400) for a header that is not one entity tag.
    """
    header = edge_request().headers.get("If-Match", "").strip()
    if header in ("", "*"):
        if required:
            raise PreconditionRequired(
                "Read the resource first, and send its ETag back in If-Match.",
                errors=[PlacedError("If-Match", "This header is required.", "required", "header")],
            )
        return None
    if version := _VERSION_TAG.fullmatch(header):
        return int(version[1])
    if _SOME_TAG.fullmatch(header):
        raise Stale(
            "If-Match does not name the current version. Read the resource again and repeat."
        )
    raise BadRequest(
        'If-Match must be one entity tag as the ETag header gave it, such as "7".',
        errors=[PlacedError("If-Match", "Not an entity tag.", "malformed", "header")],
    )


def matches_if_none_match(version: int) -> bool:
    """Whether a GET's If-None-Match names this version (compared weakly): the answer is 304."""
    request = edge_request()
    if request.method not in ("GET", "HEAD"):
        return False
    header = request.headers.get("If-None-Match")
    if header is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in header[:2048].split(","))
    return any(tag in ("*", etag(version)) for tag in tags)
