"""The API's description: what every operation has in common is written here, once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin

from ihala.http.paths import CONVERTERS, schema_of
from ihala.http.permissions import Permission

PROBLEM_JSON = "application/problem+json"

_HEADERS: dict[str, dict[str, Any]] = {
    "correlation": {
        "in": "header",
        "name": "X-Correlation-Id",
        "required": False,
        "description": "Your own name for this piece of work; it travels into events and logs.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"},
    },
    "language": {
        "in": "header",
        "name": "Accept-Language",
        "required": False,
        "description": "ar, fr or en, for texts meant for people.",
        "schema": {"type": "string"},
        "example": "ar",
    },
    "idempotency": {
        "in": "header",
        "name": "Idempotency-Key",
        "required": False,
        "description": "Your own name for this request: sent again with the same body, it changes "
        "nothing and gets the same answer (kept for 24 hours).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    },
    "version": {
        "in": "header",
        "name": "If-Match",
        "required": False,
        "description": "The ETag of the version that you changed from.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "cached": {
        "in": "header",
        "name": "If-None-Match",
        "required": False,
        "description": "The ETag you have; 304 when it is still current.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
}


class ProblemError(ma.Schema):
    """One thing that is wrong: one of pointer, parameter and header, a code and a sentence."""

    pointer = ma.fields.String(metadata={"description": "JSON pointer into the body."})
    parameter = ma.fields.String(metadata={"description": "Name of a query parameter."})
    header = ma.fields.String(metadata={"description": "Name of a header."})
    code = ma.fields.String(required=True, metadata={"example": "required"})
    detail = ma.fields.String(required=True)


class Problem(ma.Schema):
    """An error (RFC 9457). ``type`` is stable; ``detail`` says what to do."""

    type = ma.fields.String(required=True, metadata={"example": "urn:ihala:problem:invalid"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String()
    correlation_id = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(ProblemError))


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest's Api, with problems as errors and our own error handlers."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Errors go down the one road in ``problems``."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                response["content"] = {PROBLEM_JSON: {"schema": Problem}}
            self.spec.components.response(status.name, response, lazy=True)


def make_api(app: Any, title: str, version: str, description: str) -> Api:
    """The description of the app, empty until blueprints are registered with it."""
    app.config.update(API_TITLE=title, API_VERSION=version, OPENAPI_VERSION="3.1.0")
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    licence = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    options = {
        "info": {"description": description, "license": licence},
        # Relative to where the description was read, so that it holds behind any gateway.
        "servers": [{"url": "."}],
        "marshmallow_plugin": plugin,
    }
    api = Api(app, spec_kwargs=options)
    for converter in set(CONVERTERS.values()):
        api.register_converter(converter, schema_of)
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    api.spec.components.security_scheme("bearer", bearer)
    for name, header in _HEADERS.items():
        api.spec.components.parameter(name, "header", header)
    return api


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    partial = "Partial" if getattr(schema, "partial", None) else ""
    return cls.__name__.removesuffix("Schema").lstrip("_") + partial


def document_operation(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    """Add to an operation what follows from its method and its declarations."""
    permission: Permission | None = doc_info.get("permission")
    doc.setdefault("parameters", []).extend(_common_headers(method))
    responses = doc.setdefault("responses", {})
    for status in _problems_of(
        method, permission, takes_body="requestBody" in doc or "upload" in doc_info
    ):
        responses.setdefault(str(status), HTTPStatus(status).name)
    if permission is not None and not permission.public:
        roles = sorted(permission.roles)
        doc["security"] = [{"bearer": []}]
        doc["x-roles"] = roles
    if upload := doc_info.get("upload"):
        binary = {"schema": {"type": "string", "format": "binary"}}
        doc["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(upload.media_types, binary),
        }
    return doc


def _common_headers(method: str) -> list[str]:
    extra = {"post": ["idempotency", "version"], "get": ["cached"]}.get(method, ["version"])
    return ["correlation", "language", *extra]


def _problems_of(method: str, permission: Permission | None, *, takes_body: bool) -> list[int]:
    statuses = [400, 404, 422, 429, 500, 503]
    if permission is None or not permission.public:
        statuses += [401, 403]
    if takes_body:
        statuses += [413, 415]
    if method != "get":
        statuses += [409, 412]
    if method in ("patch", "put"):
        statuses.append(428)
    return sorted(statuses)
