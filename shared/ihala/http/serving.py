"""The span of a request, when tracing is on: its place in the trace is what its events carry on."""

from __future__ import annotations

from flask import Response

from ihala import tracing
from ihala.http.context import route_of
from ihala.http.metrics import known
from ihala.http.request import EdgeRequest, edge_request


def begin(request: EdgeRequest) -> None:
    """Begin the request's span, below the caller's when the caller named one."""
    if tracing.spans is not None:
        name = f"{known(request.method)} {route_of(request)}"
        given = request.headers.get("traceparent", "")
        request.span = tracing.spans.begin(name, "SERVER", given)
        request.traceparent = request.span.traceparent


def end(response: Response) -> Response:
    """End it with what was answered: a status of 500 and above is a failure."""
    request = edge_request()
    if request.span is not None:
        attributes: dict[str, str | int] = {
            "http.request.method": known(request.method),
            "http.route": route_of(request),
            "http.response.status_code": response.status_code,
        }
        request.span.end(attributes, failed=response.status_code >= 500)
    return response
