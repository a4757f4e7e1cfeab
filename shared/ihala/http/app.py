"""The app factory: a service's blueprints, with the whole edge around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import PathConverter, UnicodeConverter

from ihala.config import ConfigError
from ihala.http import problems
from ihala.http.auth import TokenVerifier
from ihala.http.blueprint import Blueprint
from ihala.http.docs import docs_blueprint
from ihala.http.edge import Edge, install
from ihala.http.health import Check, Readiness, health_blueprint
from ihala.http.keys import SigningKeys, jwks_source
from ihala.http.limits import RateLimit
from ihala.http.openapi import make_api
from ihala.http.paging import Paging
from ihala.http.paths import CONVERTERS
from ihala.http.request import EdgeRequest
from ihala.http.response import Response
from ihala.settings import WebSettings

F = TypeVar("F", bound=Callable[..., Any])
UNLIMITED = frozenset({"health.alive", "health.ready"})


class _NoSessions(SessionInterface):
    """Tokens say who asks: there is no session, and none is made up for each request."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """See Flask: the one session in which nothing can be kept."""
        return self._none


class EdgeApp(Flask):
    """Flask with our request and response, and with views that are all plain functions."""

    request_class = EdgeRequest
    response_class = Response

    session_interface = _NoSessions()

    def ensure_sync(self, func: F) -> F:
        """The function itself: Flask would look at each, at each request, for an async one."""
        return func


def make_app(
    title: str,
    version: str,
    *,
    description: str,
    blueprints: Sequence[Blueprint],
    settings: WebSettings,
    deps: object = None,
    readiness: Mapping[str, Check] | None = None,
) -> Flask:
    """A Flask app with the service's blueprints behind the edge.

    ``deps`` is what views get from ``wired(Deps)``; ``readiness`` names the checks of /readyz (a
    check is ready when it returns). Nothing connects here. Raises ConfigError for a JWKS that
    cannot be used, and ValueError for a path parameter that would let any text in.
    """
    app = EdgeApp("ihala", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body_bytes, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters.update(CONVERTERS)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, 0, hops)  # type: ignore[method-assign]
    tokens = _verifier(settings)
    api = make_api(app, title, version, description)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.register_blueprint(docs_blueprint(api, title))
    checks = {"token_keys": tokens.keys.check, **(readiness or {})}
    app.register_blueprint(health_blueprint(Readiness(checks)))
    problems.register(app)
    _refuse_open_paths(app)
    install(app, _edge(settings, tokens, deps))
    return app


def _verifier(settings: WebSettings) -> TokenVerifier:
    try:
        source = jwks_source(settings.jwks)
    except ValueError as error:
        raise ConfigError(f"cannot start, settings are wrong:\n  IHALA_JWKS: {error}") from error
    return TokenVerifier(
        SigningKeys(source), issuer=settings.token_issuer, audience=settings.token_audience
    )


def _edge(settings: WebSettings, tokens: TokenVerifier, deps: object) -> Edge:
    return Edge(
        tokens=tokens,
        callers=RateLimit("caller", settings.rate_per_minute),
        addresses=RateLimit("address", settings.address_rate_per_minute),
        paging=Paging(settings.cursor_key, settings.public_url),
        deps=deps,
        permissions={},
        unlimited=UNLIMITED,
    )


def _refuse_open_paths(app: Flask) -> None:
    """Path parameters must be ids, codes or ordinals, so that no strange text reaches a store."""
    for rule in app.url_map.iter_rules():
        for name, converter in rule._converters.items():  # noqa: SLF001
            if isinstance(converter, (UnicodeConverter, PathConverter)):
                raise ValueError(  # noqa: TRY004
                    f"{rule.rule}: declare {name} as <id:…>, <code:…> or <ordinal:…>"
                )
