"""Every error as an RFC 9457 problem document: one road, one shape, nothing leaked."""

from __future__ import annotations

import traceback
from typing import Any

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from ihala.errors import FieldError, IhalaError
from ihala.http.answers import to_json
from ihala.http.context import route_of
from ihala.http.languages import language_of
from ihala.http.metrics import count_problem
from ihala.http.problem_texts import advice_on, field_advice, title_of
from ihala.http.refusals import PlacedError
from ihala.http.request import edge_request
from ihala.mongo import is_world_down

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5
log = structlog.get_logger("ihala.http")

_HTTP_KINDS = {
    404: ("not-found", "There is nothing here, or you may not know of it."),
    405: ("method-not-allowed", "Use one of the methods named in Allow."),
    413: ("too-large", "Send less: the body is larger than this endpoint reads."),
    414: ("uri-too-long", "Send a shorter address."),
    415: ("unsupported-media-type", "Send the body as Content-Type: application/json, in UTF-8."),
    429: ("too-many-requests", "Wait before the next request."),
}


def problem(
    status: int,
    kind: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """The problem document, in the language of the request's Accept-Language where we have it."""
    request = edge_request()
    count_problem(kind)
    language = language_of(request.headers.get("Accept-Language", ""))
    document: dict[str, Any] = {
        "type": f"urn:ihala:problem:{kind}",
        "title": title_of(kind, language),
        "status": status,
        "detail": advice_on(kind, language, detail),
        "instance": request.path[:256],
        "correlation_id": request.correlation_id,
    }
    if errors:
        document["errors"] = [_field_error(error, language) for error in errors]
    own = {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
    return Response(to_json(document), status, own, content_type=PROBLEM_JSON)


def _field_error(error: FieldError, language: str) -> dict[str, str]:
    place = error.place if isinstance(error, PlacedError) else "pointer"
    detail = field_advice(error.code, language, error.detail)
    return {place: error.pointer, "detail": detail, "code": error.code}


def from_ihala_error(error: IhalaError) -> Response:
    """An error that the edge or a use case raised on purpose."""
    headers = dict(getattr(error, "headers", {}))
    if error.status == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return problem(error.status, error.kind, error.detail, errors=error.errors, headers=headers)


def from_http_exception(error: HTTPException) -> Response:
    """An error of the framework: no such route, wrong method, a body that is too large."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    if status >= 500:
        return from_bug(error)
    kind, detail = _HTTP_KINDS.get(status, ("bad-request", "The request cannot be read."))
    kept = ("Allow", "Retry-After")
    headers = {name: value for name, value in error.get_headers() if name in kept}
    return problem(status, kind, detail, headers=headers)


def from_anything(error: Exception) -> Response:
    """The last resort: the world is down (503, retry later), or we have a bug (500, logged)."""
    if is_world_down(error):
        log.warning("world.down", error=type(error).__name__, route=route_of(edge_request()))
        return problem(
            503,
            "unavailable",
            "Something we depend on cannot be reached. Try again shortly; nothing is lost.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return from_bug(error)


def from_bug(error: BaseException) -> Response:
    """A 500 that says nothing about our insides.

    The log has where it happened, and never the message, which may hold what the caller sent.
    """
    original = getattr(error, "original_exception", None) or error
    request = edge_request()
    log.error(
        "request.failed",
        error=type(original).__name__,
        where=_frames(original),
        route=route_of(request),
        correlation_id=request.correlation_id,
    )
    return problem(
        500,
        "internal",
        "Try again; if it happens again, give the correlation_id to the operator.",
    )


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def register(app: Flask) -> None:
    """Send every error of the app down this road."""
    app.register_error_handler(IhalaError, from_ihala_error)
    app.register_error_handler(HTTPException, from_http_exception)
    app.register_error_handler(Exception, from_anything)
