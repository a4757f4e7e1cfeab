"""The thread a request belongs to: correlation id and trace in and out, and one log line at the end."""

from __future__ import annotations

import os
import re
import time

import structlog
from flask import Response

from ihala.http.request import EdgeRequest

_CORRELATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
log = structlog.get_logger("ihala.http")


def begin(request: EdgeRequest) -> None:
    """Adopt the caller's correlation id and trace when they are well formed, else start new ones."""
    request.started_s = time.perf_counter()
    given = request.headers.get("X-Correlation-Id", "")
    request.correlation_id = given if _CORRELATION.fullmatch(given) else os.urandom(16).hex()
    request.traceparent = _next_span(request.headers.get("traceparent", ""))


def _next_span(given: str) -> str:
    span = os.urandom(8).hex()
    trace = _TRACEPARENT.fullmatch(given)
    if trace is None or not int(trace[1], 16) or not int(trace[2], 16):
        return f"00-{os.urandom(16).hex()}-{span}-00"
    return f"00-{trace[1]}-{span}-{trace[3]}"


def mark(request: EdgeRequest, response: Response) -> None:
    """Say in the response which thread it belongs to."""
    response.headers["X-Correlation-Id"] = request.correlation_id
    response.headers["traceparent"] = request.traceparent


def route_of(request: EdgeRequest) -> str:
    """The route's template, which names no one; ``unknown`` when no route matched."""
    return request.url_rule.rule if request.url_rule is not None else "unknown"


def log_request(request: EdgeRequest, status: int, elapsed_s: float) -> None:
    """One line for a request: no path, query, body or name of a person is ever in it."""
    log.info(
        "request",
        method=request.method if request.method.isalpha() and len(request.method) < 10 else "other",
        route=route_of(request),
        status=status,
        ms=round(elapsed_s * 1000, 2),
        caller=request.identity.log_name if request.identity else None,
        correlation_id=request.correlation_id,
    )
