"""The edge of one app: what happens to every request before its view, and to every answer after."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app

from ihala import tracing
from ihala.errors import BadRequest, Forbidden, Invalid
from ihala.http import context, limits, metrics, serving
from ihala.http.auth import TokenVerifier, bearer_token
from ihala.http.declarations import declared
from ihala.http.limits import RateLimit, address_of
from ihala.http.paging import Paging
from ihala.http.permissions import Permission, permissions_of
from ihala.http.refusals import PlacedError, UriTooLong
from ihala.http.request import EdgeRequest, Identity, edge_request
from ihala.http.response import Response

MAX_QUERY_BYTES = 8192
T = TypeVar("T")
_FOR_PAGES = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))
_FOR_ANSWERS = (
    *_FOR_PAGES,
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


@dataclass(slots=True)
class Edge:
    """The parts of the edge, made once per app; ``deps`` is what the service's views work with."""

    tokens: TokenVerifier
    callers: RateLimit
    addresses: RateLimit
    paging: Paging
    deps: Any
    permissions: dict[str, Permission]
    unlimited: frozenset[str]

    def before(self) -> None:
        """Give the request its context, refuse what is too long, and let the right callers in."""
        request = edge_request()
        context.begin(request)
        if tracing.spans is not None and request.endpoint not in self.unlimited:
            serving.begin(request)
        if len(request.query_string) > MAX_QUERY_BYTES:
            raise UriTooLong(f"The query may have at most {MAX_QUERY_BYTES} bytes.")
        self._admit(request)
        if request.url_rule is not None:
            _refuse_what_nobody_reads(request)

    def _admit(self, request: EdgeRequest) -> None:
        endpoint = request.endpoint or ""
        if endpoint in self.unlimited:
            return
        permission = self.permissions.get(endpoint)
        if request.url_rule is None or (permission is not None and permission.public):
            self._count(request, self.addresses, address_of(request))
            return
        if permission is None:
            raise Forbidden("Nobody may call this endpoint: it declares no permission.")
        request.identity = self._identify(request)
        self._count(request, self.callers, request.identity.subject)
        if permission.roles.isdisjoint(request.identity.roles):
            roles = ", ".join(sorted(permission.roles))
            raise Forbidden(f"This needs one of the roles {roles}. Ask someone who has it.")

    def _identify(self, request: EdgeRequest) -> Identity:
        """Who asks. What is not known yet counts against the address, so that guessing costs."""
        token = bearer_token(request)
        known = self.tokens.known(token) if token else None
        if known is not None:
            return known
        self._count(request, self.addresses, address_of(request))
        return self.tokens.verify(token)

    def _count(self, request: EdgeRequest, limit: RateLimit, key: str) -> None:
        request.rate_limit = None
        left = limit.spend(key)
        request.rate_limit = (limit.policy, left) if left is not None else None

    def after(self, response: Response) -> Response:
        """Put the edge's headers on the answer, count it and log it."""
        request = edge_request()
        response.put(
            [*context.headers_of(request), *limits.headers_of(request), *_headers_for(response)]
        )
        elapsed_s = time.perf_counter() - request.started_s
        route = context.route_of(request)
        metrics.count(request.method, route, response.status_code, elapsed_s)
        if request.endpoint not in self.unlimited:
            context.log_request(request, route, response.status_code, elapsed_s)
        return response


def _headers_for(response: Response) -> tuple[tuple[str, str], ...]:
    """What browsers must know; a page of ours has its own content security already."""
    return _FOR_PAGES if "Content-Security-Policy" in response.headers else _FOR_ANSWERS


def _refuse_what_nobody_reads(request: EdgeRequest) -> None:
    """A query or a body that the endpoint does not declare is a mistake that should be seen."""
    view = current_app.view_functions.get(request.endpoint or "")
    upload = declared(view, "upload")
    if upload is not None:
        request.max_content_length = upload.max_bytes
    if request.query_string and not declared(view, "reads_query"):
        errors = [_unknown_parameter(name) for name in list(request.args)[:20]]
        raise Invalid("This endpoint takes no query parameters like these.", errors=errors)
    reads_body = upload is not None or declared(view, "reads_json")
    if not reads_body and request.whole_body().strip() not in (b"", b"{}"):
        raise BadRequest("This endpoint takes no body. Send none, or {}.")


def _unknown_parameter(name: str) -> PlacedError:
    return PlacedError(name[:64], "This parameter is unknown.", "unknown", "parameter")


def edge_of(app: Flask) -> Edge:
    """The edge that ``make_app`` gave the app."""
    edge: Edge = app.extensions["ihala"]
    return edge


def paging() -> Paging:
    """Opens and makes cursors for the request in hand."""
    return edge_of(current_app).paging


def wired(deps: type[T]) -> T:
    """What ``make_app`` was given as ``deps``, for the views of the service."""
    found = edge_of(current_app).deps
    if not isinstance(found, deps):
        raise TypeError(f"the app was not made with {deps.__name__}")
    return found


def install(app: Flask, edge: Edge) -> None:
    """Put the edge around every endpoint of the app, which must all be registered by now."""
    edge.permissions = permissions_of(app)
    app.extensions["ihala"] = edge
    app.before_request(edge.before)
    if tracing.spans is not None:
        app.after_request(serving.end)
    app.after_request(edge.after)
