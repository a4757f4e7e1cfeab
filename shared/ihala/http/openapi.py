"""The API's description, its problems and its way in; ``operations`` adds to each operation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin

from ihala.http.operations import ANSWERED, ASKED
from ihala.http.paths import CONVERTERS, schema_of

PROBLEM_JSON = "application/problem+json"


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
    for name, header in ASKED.items():
        api.spec.components.parameter(name, "header", header)
    for name, header in ANSWERED.items():
        api.spec.components.header(name, header)
    return api


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    partial = "Partial" if getattr(schema, "partial", None) else ""
    return cls.__name__.removesuffix("Schema").lstrip("_") + partial
