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

        Raises RequestEntityTooLarge (413) for a chunked body that is longer than allowed, and
        ClientDisconnected (400) for one that broke off: ``get_data`` would give the part that came.
        """
        if self._whole_body is None:
            try:
                body, promised = self.get_data(cache=True), self.content_length
            except ParseException as error:
                raise ClientDisconnected from error
            if promised is None and len(body) >= (self.max_content_length or math.inf):
                raise RequestEntityTooLarge
            if promised is not None and len(body) < promised:
                raise ClientDisconnected
            self._whole_body = body
        return self._whole_body


def edge_request() -> EdgeRequest:
    """The request in hand: the object itself, because each access through Flask's proxy costs."""
    return cast(EdgeRequest, flask.request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
