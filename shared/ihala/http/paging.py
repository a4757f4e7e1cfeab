"""Pages of lists: sealed cursors that fit only the query and the caller they were made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Response

from ihala.errors import BadRequest
from ihala.http.answers import answer
from ihala.http.refusals import PlacedError
from ihala.http.request import EdgeRequest, edge_request

_NOT_PART_OF_THE_QUERY = ("cursor", "limit")


class CursorSeal:
    """Seals where a list goes on (AES-GCM).

    Nobody can read a sort value from a cursor, change it, or use it with another query. All web
    processes of a service share the secret.
    """

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"ihala cursor\0" + secret.encode()).digest())

    def seal(self, position: Any, query: bytes) -> str:
        """The cursor for a JSON value, bound to the fingerprint of the query."""
        nonce = os.urandom(12)
        plain = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, query)).decode()

    def open(self, cursor: str, query: bytes) -> Any:
        """The sealed value; BadRequest for a cursor that we did not make for this query."""
        try:
            sealed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
            return json.loads(self._cipher.decrypt(sealed[:12], sealed[12:], query))
        except (InvalidTag, ValueError, binascii.Error):
            detail = "Not a cursor of this list with these parameters. Start again without it."
            raise BadRequest(
                detail, errors=[PlacedError("cursor", detail, "bad_cursor", "parameter")]
            ) from None


@dataclass(frozen=True, slots=True)
class Page:
    """What a list was asked for: up to ``limit`` items after a position (None: from the start)."""

    limit: int
    after: Any


class Paging:
    """Opens and makes cursors for the request in hand."""

    def __init__(self, secret: str, public_url: str = "") -> None:
        self._seal = CursorSeal(secret)
        self._public_url = public_url.rstrip("/")

    def asked(self, limit: int, cursor: str | None) -> Page:
        """The page that the request asks for."""
        if cursor is None:
            return Page(limit, None)
        return Page(limit, self._seal.open(cursor, _fingerprint(edge_request())))

    def answer(self, items: Sequence[Any], position: Any = None) -> Response:
        """``{items, next}`` and a Link to the next page, which starts after ``position``.

        The position is any JSON value; None means that this is the last page.
        """
        if position is None:
            return answer({"items": items, "next": None})
        request = edge_request()
        cursor = self._seal.seal(position, _fingerprint(request))
        parameters = [*_parameters(request, but=("cursor",)), ("cursor", cursor)]
        base = self._public_url + request.path if self._public_url else request.base_url
        link = f'<{base}?{urlencode(parameters)}>; rel="next"'
        return answer({"items": items, "next": cursor}, headers={"Link": link})


def _parameters(request: EdgeRequest, but: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items(multi=True) if name not in but]


def _fingerprint(request: EdgeRequest) -> bytes:
    """What a cursor belongs to: this caller, this list, these filters."""
    who = request.identity.subject if request.identity else ""
    query = sorted(_parameters(request, but=_NOT_PART_OF_THE_QUERY))
    return hashlib.sha256(json.dumps([who, request.path, query]).encode()).digest()
