"""The request with what the edge learned about it: one typed object, nothing in ``flask.g``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import flask
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from ihala.caller import Role

if TYPE_CHECKING:
    from ihala.tracing.otlp import Opened


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token speaks for; ``log_name`` tells callers apart in logs, unnamed."""

    subject: str
    organisation: str | None
    facilities: frozenset[str]
    roles: frozenset[Role]
    expires_at: float
    log_name: str


class EdgeRequest(flask.Request):
    """Flask's request, plus the fields that the edge fills in before the view runs."""

    correlation_id: str = ""
    traceparent: str = ""
    span: Opened | None = None
    identity: Identity | None = None
    started_s: float = 0.0
    rate_limit: tuple[str, str] | None = None
    _whole_body: bytes | None = None

    def whole_body(self) -> bytes:
        """The body, read once and complete.

        Raises RequestEntityTooLarge (413) for one that is longer than allowed, and
        ClientDisconnected (400) for one that broke off.
        """
        if self._whole_body is None:
            promised = self.content_length
            try:
                self._whole_body = self._chunks() if promised is None else self._bytes(promised)
            except ParseException as error:
                raise ClientDisconnected from error
        return self._whole_body

    def _bytes(self, promised: int) -> bytes:
        """As many as were promised, straight from the server: ``get_data`` takes twice the time."""
        if promised > self._most:
            raise RequestEntityTooLarge
        body: bytes = self.environ["wsgi.input"].read(promised)
        if len(body) < promised:
            raise ClientDisconnected
        return body

    def _chunks(self) -> bytes:
        """``get_data`` gives the beginning of a body that is too long."""
        body = self.get_data(cache=True)
        if len(body) >= self._most:
            raise RequestEntityTooLarge
        return body

    @property
    def _most(self) -> float:
        return self.max_content_length or math.inf


def edge_request() -> EdgeRequest:
    """The request in hand: the object itself, because each access through Flask's proxy costs."""
    return cast(EdgeRequest, flask.request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
