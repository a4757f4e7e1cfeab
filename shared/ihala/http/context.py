"""The thread a request belongs to: correlation id and trace, in and out, and its log line."""

from __future__ import annotations

import re
import time
from functools import lru_cache

import structlog

from ihala.chance import random_bytes
from ihala.correlation import is_well_formed
from ihala.http.request import EdgeRequest

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
log = structlog.get_logger("ihala.http")


def begin(request: EdgeRequest) -> None:
    """Adopt the caller's correlation id and trace when well formed, else start new ones."""
    request.started_s = time.perf_counter()
    given = request.headers.get("X-Correlation-Id", "")
    request.correlation_id = given if is_well_formed(given) else random_bytes(16).hex()
    request.traceparent = _next_span(request.headers.get("traceparent", ""))


def _next_span(given: str) -> str:
    span = random_bytes(8).hex()
    trace = _TRACEPARENT.fullmatch(given)
    if trace is None or not int(trace[1], 16) or not int(trace[2], 16):
        return f"00-{random_bytes(16).hex()}-{span}-00"
    return f"00-{trace[1]}-{span}-{trace[3]}"


def headers_of(request: EdgeRequest) -> list[tuple[str, str]]:
    """The headers that say which thread an answer belongs to."""
    return [("X-Correlation-Id", request.correlation_id), ("traceparent", request.traceparent)]


@lru_cache(maxsize=1024)
def _template(rule: str) -> str:
    return re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule)


def route_of(request: EdgeRequest) -> str:
    """The route's template, which names no one; ``unknown`` when no route matched."""
    return _template(request.url_rule.rule) if request.url_rule is not None else "unknown"


def log_request(request: EdgeRequest, route: str, status: int, elapsed_s: float) -> None:
    """One line for a request: no path, query, body or name of a person is ever in it."""
    log.info(
        "request",
        method=request.method if request.method.isalpha() and len(request.method) < 10 else "other",
        route=route,
        status=status,
        ms=round(elapsed_s * 1000, 2),
        caller=request.identity.log_name if request.identity else None,
        correlation_id=request.correlation_id,
    )
